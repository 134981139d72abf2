"""The contacts in DynamoDB: the table Contacts."""

from __future__ import annotations

import time
from dataclasses import dataclass
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
from postroad.dynamodb_table import ATTEMPTS, MOST_KEYS, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.model import NewContact
    from postroad.contacts.saving import Saving


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
        self._table = Table(
            client, table_name, unavailable=ContactsUnavailableError, page_size=page_size, pause=pause
        )

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        """Read these contacts consistently; see `ContactStore.find`."""
        items = self._table.read([profile_key(key) for key in dict.fromkeys(address_keys)])
        return {contact.address_key: contact for contact in map(read_profile, items)}

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
        items = self._table.query(
            KeyConditionExpression="pk = :key AND begins_with(sk, :consent)",
            ExpressionAttributeValues={":key": {"S": address_key}, ":consent": {"S": CONSENT}},
        )
        return [read_consent(item) for item in items]

    def pages(self) -> Iterator[list[Contact]]:
        """Yield every contact that has an address, page by page, by a scan of the table."""
        pages = self._table.scan(
            FilterExpression="sk = :profile AND attribute_exists(email)",
            ExpressionAttributeValues={":profile": {"S": PROFILE}},
        )
        for items in pages:
            if page := [read_profile(item) for item in items]:
                yield page

    def _save(self, wanted: Sequence[NewContact], now: datetime, *, write: bool) -> list[Saved]:
        """Save contacts of which none is there twice."""
        waiting = list(range(len(wanted)))
        saved: list[Saved] = [Saved.UNCHANGED] * len(wanted)
        for attempt in range(ATTEMPTS):
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
            stands = self._table.write(writes)
            waiting = [place for place, done in zip(due, stands, strict=True) if not done]
            if not waiting:
                return saved
            self._table.wait(attempt)
        raise ContactsBusyError("others kept changing these contacts; try again")


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
