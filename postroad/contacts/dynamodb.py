"""The contacts in DynamoDB: the table Contacts."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from postroad.contacts.errors import ContactsBusyError, ContactsUnavailableError
from postroad.contacts.item import (
    PROFILE,
    consent_item,
    profile_item,
    profile_key,
    read_consent,
    read_profile,
)
from postroad.contacts.model import Consent, Contact, Saved
from postroad.contacts.saving import CONSENT, saving
from postroad.dynamodb import asking
from postroad.suppression.dynamodb_transactions import Transactions, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.model import NewContact
    from postroad.contacts.saving import Saving

MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request, and refuses repeated ones."""
_ATTEMPTS = 10
_LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ContactWrite:
    """A profile over the version that was read (0: none), and the records that go with it."""

    contact: Contact
    consents: Sequence[Consent]
    version: int

    @property
    def size(self) -> int:
        """How many items it takes."""
        return 1 + len(self.consents)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to put, on condition that nobody wrote in between; no record is ever replaced."""
        profile: dict[str, Any] = {
            "TableName": table,
            "Item": profile_item(self.contact),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if self.version:
            profile["ConditionExpression"] = "version = :version"
            profile["ExpressionAttributeValues"] = {":version": {"N": str(self.version)}}
        records = [
            {
                "TableName": table,
                "Item": consent_item(self.contact.address_key, consent),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            for consent in self.consents
        ]
        return [{"Put": put} for put in (profile, *records)]


class DynamoContacts:
    """A `ContactStore` over the table Contacts.

    Needs dynamodb:BatchGetItem for `find`, dynamodb:PutItem too for `save`, dynamodb:Query for `consents`,
    dynamodb:Scan for `pages`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client and this table; `page_size` is for tests, `pause` takes seconds."""
        self._client = client
        self._table = table_name
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}
        self._wait = partial(wait, pause)
        self._transactions = Transactions(client, table_name, wait=self._wait, unavailable=unavailable)

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        """Read these contacts consistently; see `ContactStore.find`."""
        found: dict[str, Contact] = {}
        keys = list(dict.fromkeys(address_keys))
        for start in range(0, len(keys), MOST_KEYS):
            for item in self._read([profile_key(key) for key in keys[start : start + MOST_KEYS]]):
                contact = read_profile(item)
                found[contact.address_key] = contact
        return found

    def save(self, wanted: Sequence[NewContact], *, now: datetime, write: bool = True) -> list[Saved]:
        """Add or update contacts; see `ContactStore.save`."""
        saved: list[Saved] = [Saved.UNCHANGED] * len(wanted)
        for places in _turns(wanted):
            some = [wanted[place] for place in places]
            for place, result in zip(places, self._save(some, now, write=write), strict=True):
                saved[place] = result
        return saved

    def consents(self, address_key: str) -> list[Consent]:
        """Return every record of consent of this address; see `ContactStore.consents`."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :key AND begins_with(sk, :consent)",
            "ExpressionAttributeValues": {":key": {"S": address_key}, ":consent": {"S": CONSENT}},
            "ConsistentRead": True,
            **self._page,
        }
        found: list[Consent] = []
        while True:
            with asking(ContactsUnavailableError):
                answer = self._client.query(**request)
            found += [read_consent(item) for item in answer["Items"]]
            if not answer.get("LastEvaluatedKey"):
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def pages(self) -> Iterator[list[Contact]]:
        """Yield every contact that has an address, page by page, by a scan of the table."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "sk = :profile AND attribute_exists(email)",
            "ExpressionAttributeValues": {":profile": {"S": PROFILE}},
            **self._page,
        }
        while True:
            with asking(ContactsUnavailableError):
                answer = self._client.scan(**request)
            if page := [read_profile(item) for item in answer["Items"]]:
                yield page
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _save(self, wanted: Sequence[NewContact], now: datetime, *, write: bool) -> list[Saved]:
        """Save contacts of which none is there twice."""
        waiting = list(range(len(wanted)))
        saved: list[Saved] = [Saved.UNCHANGED] * len(wanted)
        for attempt in range(_ATTEMPTS):
            standing = self.find([wanted[place].address_key for place in waiting])
            decided = {
                place: saving(standing.get(wanted[place].address_key), wanted[place], now=now)
                for place in waiting
            }
            for place, decision in decided.items():
                saved[place] = decision.saved
            due = [place for place, decision in decided.items() if decision.writes]
            if not write or not due:
                return saved
            writes = [_write(decided[place], standing) for place in due]
            stands = self._transactions.write(writes, attempts=_ATTEMPTS)
            waiting = [place for place, done in zip(due, stands, strict=True) if not done]
            if not waiting:
                return saved
            self._wait(attempt)
        raise ContactsBusyError("others kept changing these contacts; try again")

    def _read(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(_ATTEMPTS):
            with asking(ContactsUnavailableError):
                answer = self._client.batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(self._table, [])
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return
            self._wait(attempt)
        raise ContactsUnavailableError("DynamoDB kept leaving keys unread; try again")


def wait(pause: Callable[[float], object], attempt: int) -> None:
    """Pause before the n-th repetition, from 0: longer each time, and no two callers alike."""
    ceiling = min(_LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)
    pause(random.uniform(0, ceiling))  # noqa: S311 - spreads retries; no secret depends on it


def unavailable(error: ClientError | BotoCoreError) -> ContactsUnavailableError:
    """Say in our words that the table didn't do what it was asked."""
    return ContactsUnavailableError(in_words(error))


def _write(decided: Saving, standing: Mapping[str, Contact]) -> ContactWrite:
    before = standing.get(decided.contact.address_key)
    return ContactWrite(decided.contact, decided.consents, before.version if before else 0)


def _turns(wanted: Sequence[NewContact]) -> Iterator[list[int]]:
    """Yield places in the list, as many as one BatchGetItem takes: in order, no address twice in one turn."""
    turns: list[list[int]] = []
    times: dict[str, int] = {}
    for place, each in enumerate(wanted):
        turn = times.get(each.address_key, 0)
        times[each.address_key] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(place)
    for places in turns:
        for start in range(0, len(places), MOST_KEYS):
            yield places[start : start + MOST_KEYS]
