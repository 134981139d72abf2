"""A person's data in DynamoDB: the tables Messages, Contacts, Suppressions and Schedule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from postroad.activity.item import ACTIVITY, read_activity
from postroad.contacts.dynamodb_departures import Departures
from postroad.contacts.item import PROFILE, consent_item, profile_key, read_consent, read_profile
from postroad.contacts.saving import CONSENT, consent_key
from postroad.dynamodb import asking, failed_condition
from postroad.ledger.dynamodb import INDEX, MOST_KEYS
from postroad.privacy.errors import PrivacyUnavailableError
from postroad.privacy.marking import after_the_mark, mark_of, marking, may_tell, notes
from postroad.privacy.ports import Held, Mark
from postroad.privacy.proof import What
from postroad.suppression.item import CURRENT, HISTORY, read_history
from postroad.web.dynamodb import PREFIX as VISITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.contacts.model import Consent
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row

KEPT_CONSENT = "erased#"
"""Begins the sort key of a record of consent that stayed as proof: `erased#consent#<topic>#<time>`."""


class DynamoMails:
    """`Mails` over the index of Messages by address. Needs dynamodb:Query on it, and what `ledger` needs."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, ledger: Ledger, page_size: int = MOST_KEYS
    ) -> None:
        """Use this low-level client; rows are read by `ledger`. `page_size` is for tests."""
        self._client = client
        self._table = table_name
        self._ledger = ledger
        self._page_size = page_size

    def pages(self, address_key: str) -> Iterator[Sequence[Row]]:
        """Yield every row that the index knows, each as it stands now, oldest first."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": INDEX,
            "KeyConditionExpression": "address_key = :key",
            "ExpressionAttributeValues": {":key": {"S": address_key}},
            "Limit": self._page_size,
        }
        for page in _pages(self._client, request):
            ids = [item["pk"]["S"] for item in page]
            rows = self._ledger.get_many(ids) if ids else {}
            # The index follows the table by a moment: a row may be another's by now, or nobody's.
            found = [rows[one] for one in ids if one in rows and rows[one].address_key == address_key]
            if found:
                yield found


class DynamoPersons:
    """`Persons` over the tables Contacts and Suppressions.

    Needs dynamodb:Query, dynamodb:PutItem and dynamodb:UpdateItem on Suppressions; on Contacts
    dynamodb:GetItem, dynamodb:Query, dynamodb:PutItem and dynamodb:DeleteItem.
    """

    def __init__(
        self, client: DynamoDBClient, *, contacts_table: str, suppressions_table: str,
        page_size: int | None = None, pause: Callable[[float], object] = time.sleep,
    ) -> None:  # fmt: skip
        """Use this low-level client; `page_size` is for tests, `pause` takes seconds."""
        self._client = client
        self._contacts = contacts_table
        self._suppressions = suppressions_table
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}
        self._departures = Departures(
            client, contacts_table=contacts_table, suppressions_table=suppressions_table,
            page_size=page_size, pause=pause,
        )  # fmt: skip

    def mark(self, address_key: str, *, erasure: str, source: str, now: datetime, anew: bool = False) -> Mark:
        """Mark them as erased; see `Persons.mark`."""
        self._departures.write(
            address_key,
            lambda found: marking(
                found.suppression, found.history, found.contact,
                erasure=erasure, source=source, now=now, anew=anew,
            ),
        )  # fmt: skip
        return self.mark_of(address_key) or Mark(erasure, now)

    def mark_of(self, address_key: str) -> Mark | None:
        """Return the mark that stands, if one does."""
        found = self._departures.read(address_key)
        return mark_of(found.suppression, found.contact)

    def held(self, address_key: str) -> Held:
        """Return what is held about them."""
        items = list(self._items(self._contacts, address_key))
        consents, others = self._parted(address_key, items)
        found = self._departures.read(address_key)
        return Held(
            profile=bool(found.contact and found.contact.email),
            consents=len(consents),
            proofs_of_consent=sum(item["sk"]["S"].startswith(KEPT_CONSENT) for item in items),
            others=len(others),
            suppression_lines=notes(found.suppression, found.history),
            shows_address=bool(found.suppression.email),
        )

    def forget(self, address_key: str, *, kept_until: datetime | None) -> Mapping[What, int]:
        """Forget what was held about them before they were marked; see `Persons.forget`."""
        items = list(self._items(self._contacts, address_key))
        # Read after the records: whichever was made since the mark is named by the profile by now.
        consents, others = self._parted(address_key, items, marked=True)
        for consent in consents:
            self._forget_consent(address_key, consent, kept_until)
        for item in others:
            self._delete(address_key, item["sk"]["S"])
        lines = 0
        for item in self._typed_in(address_key):
            lines += self._scrub(item)
        what = What.CONSENTS_REMOVED if kept_until is None else What.CONSENTS_KEPT
        return {
            what: len(consents),
            What.OTHERS: len(others),
            What.SUPPRESSION_LINES: lines,
        }

    def proofs_of_consent(self, address_key: str) -> Sequence[Consent]:
        """Return the records that stayed."""
        return [
            read_consent({**item, "sk": {"S": item["sk"]["S"].removeprefix(KEPT_CONSENT)}})
            for item in self._items(self._contacts, address_key)
            if item["sk"]["S"].startswith(KEPT_CONSENT)
        ]

    def others(self, address_key: str) -> Sequence[Mapping[str, Any]]:
        """Return what else is held, as plain values."""
        _, others = self._parted(address_key, list(self._items(self._contacts, address_key)))
        return [
            {"record": item["sk"]["S"], **(_did(item) if item["sk"]["S"] == ACTIVITY else _plainly(item))}
            for item in others
        ]

    def _parted(
        self, address_key: str, items: Sequence[Mapping[str, Any]], *, marked: bool = False
    ) -> tuple[list[Consent], list[Mapping[str, Any]]]:
        """Return the records of consent, and what else there is beside the profile.

        Where a mark was just made (`marked`), those of before it alone: they may have come back since.
        """
        consents = [read_consent(item) for item in items if item["sk"]["S"].startswith(CONSENT)]
        if marked:
            with asking(PrivacyUnavailableError):
                answer = self._client.get_item(
                    TableName=self._contacts, Key=profile_key(address_key), ConsistentRead=True
                )
            kept = after_the_mark(read_profile(answer["Item"]) if "Item" in answer else None, consents)
            consents = [each for each in consents if consent_key(each.topic, each.at) not in kept]
        known = (PROFILE, CONSENT, KEPT_CONSENT)
        others = [item for item in items if not item["sk"]["S"].startswith(known)]
        return consents, others

    def _forget_consent(self, address_key: str, consent: Consent, kept_until: datetime | None) -> None:
        key = consent_key(consent.topic, consent.at)
        if kept_until is not None:
            item = consent_item(address_key, consent)
            stays: dict[str, Any] = {
                name: item[name] for name in ("pk", "status", "source", "purpose", "wording") if name in item
            }
            stays |= {"sk": {"S": KEPT_CONSENT + key}, "ttl": {"N": str(round(kept_until.timestamp()))}}
            with asking(PrivacyUnavailableError):
                self._client.put_item(TableName=self._contacts, Item=stays)
        self._delete(address_key, key)

    def _delete(self, address_key: str, sort_key: str) -> None:
        with asking(PrivacyUnavailableError):
            self._client.delete_item(
                TableName=self._contacts, Key={"pk": {"S": address_key}, "sk": {"S": sort_key}}
            )

    def _typed_in(self, address_key: str) -> Iterator[Mapping[str, Any]]:
        """Yield the lines of the suppressions' history whose evidence may tell of the person."""
        for item in self._items(self._suppressions, address_key):
            if item["sk"]["S"].startswith(HISTORY) and may_tell(read_history(item)):
                yield item

    def _scrub(self, item: Mapping[str, Any]) -> bool:
        try:
            with asking(PrivacyUnavailableError):
                self._client.update_item(
                    TableName=self._suppressions,
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET evidence = :nothing",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":nothing": {"S": ""}},
                )
        except PrivacyUnavailableError as error:
            if failed_condition(error) is None:
                raise
            return False
        return True

    def _items(self, table: str, address_key: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "pk = :key",
            "ExpressionAttributeValues": {":key": {"S": address_key}},
            "ConsistentRead": True,
            **self._page,
        }
        for page in _pages(self._client, request):
            yield from (item for item in page if item["sk"]["S"] != CURRENT)


class DynamoCountersByAddress:
    """`Counters` over the table Schedule. Needs dynamodb:Query and dynamodb:DeleteItem."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, names: Sequence[str], page_size: int | None = None
    ) -> None:
        """Use this low-level client; `names` are those of the limits that count by address."""
        self._client = client
        self._table = table_name
        self._names = names
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}

    def forget(self, address_key: str) -> int:
        """Forget how often they came; return how many counters there were."""
        count = 0
        for name in self._names:
            request: dict[str, Any] = {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :key",
                "ExpressionAttributeValues": {":key": {"S": f"{VISITS}{name}#{address_key}"}},
                "ProjectionExpression": "pk, sk",
                "ConsistentRead": True,
                **self._page,
            }
            for page in _pages(self._client, request):
                for item in page:
                    with asking(PrivacyUnavailableError):
                        self._client.delete_item(
                            TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]}
                        )
                    count += 1
        return count


_KEYS = frozenset({"pk", "sk"})


def _did(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of somebody's events, in words."""
    activity = read_activity(item)
    events = [
        {"event": each.name, "at": each.at, "properties": dict(each.properties)} for each in activity.events
    ]
    return {"facts": dict(activity.facts), "events": events}


def _plainly(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in item.items() if name not in _KEYS}


def _plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
    """Return DynamoDB's notation of a value as JSON has it."""
    match next(iter(value.items())):
        case "N", str(number):
            return float(number) if "." in number else int(number)
        case "M", dict(entries):
            return {name: _plain(each) for name, each in entries.items()}
        case "L", list(entries):
            return [_plain(each) for each in entries]
        case "NULL", _:
            return None
        case "B", _:
            return "(bytes)"
        case _, plain:
            return plain


def _pages(client: DynamoDBClient, request: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    while True:
        with asking(PrivacyUnavailableError):
            answer = client.query(**request)
        yield list(answer["Items"])
        if not answer.get("LastEvaluatedKey"):
            return
        request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}
