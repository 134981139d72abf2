"""What the table Journeys holds about a person: their walks, and what is next of their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking
from postroad.dynamodb_table import Table
from postroad.journeys.date_triggers import journey_of_date
from postroad.journeys.dynamodb_dates import read_dated
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.item import read_walk
from postroad.privacy.errors import PrivacyUnavailableError
from postroad.privacy.ports import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.journeys.dates import Dated
    from postroad.journeys.effects import Effect
    from postroad.journeys.enrolment import Enrolment

NAME, TITLE = "journeys", "Journeys"


class DynamoJourneysOf:
    """What is held of one contact in the table Journeys. Needs dynamodb:Query and DeleteItem on it."""

    def __init__(self, client: DynamoDBClient, table_name: str, *, page_size: int | None = None) -> None:
        """Use this low-level client and this table; `page_size` is for tests."""
        self._client = client
        self._name = table_name
        self._table = Table(client, table_name, unavailable=PrivacyUnavailableError, page_size=page_size)

    @property
    def source(self) -> Source:
        """The table as what showing and erasing ask."""
        return Source(NAME, TITLE, self.show, self.erase)

    def show(self, address_key: str) -> list[dict[str, Any]]:
        """Return each walk, also those that are over, and each date that begins one."""
        return [_record(item) for item in self._items(address_key)]

    def erase(self, address_key: str) -> int:
        """Take them out of all journeys, with what was decided and not done yet; return how many items went.

        Their pointers hold no address, and lead nowhere from then on.
        """
        count = 0
        for item in list(self._items(address_key)):
            with asking(PrivacyUnavailableError):
                self._client.delete_item(TableName=self._name, Key={"pk": item["pk"], "sk": item["sk"]})
            count += 1
        return count

    def _items(self, address_key: str) -> Iterator[dict[str, Any]]:
        return self._table.query(
            KeyConditionExpression="pk = :key", ExpressionAttributeValues={":key": {"S": address_key}}
        )


def _record(item: Mapping[str, Any]) -> dict[str, Any]:
    if journey_of_date(item["sk"]["S"]) is not None:
        return _date(read_dated(item))
    return _walk(read_walk(item))


def _walk(walk: Enrolment) -> dict[str, Any]:
    began = walk.trigger
    return {
        "journey": walk.journey,
        "version": walk.version,
        "key": walk.key or None,
        "walk": walk.entry,
        "began": walk.began,
        "began_by": None
        if began is None
        else {"event": began.name, "at": began.at, "properties": dict(began.properties)},
        "step": walk.step or None,
        "goes_on": walk.due,
        "ended": walk.ended.value if walk.ended else None,
        "reason": walk.reason or None,
        "ended_at": walk.ended_at,
        "messages": dict(walk.sent),
        "decided": [_effect(each) for each in walk.outbox],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    match effect:
        case Mail():
            return {
                "mail": effect.template,
                "message_id": effect.message_id,
                "email": effect.email,
                "name": effect.name,
                "data": dict(effect.data),
            }
        case Attributes():
            return {"attributes": dict(effect.values)}
        case Notice():
            return {"notice": effect.name, "properties": dict(effect.properties)}


def _date(dated: Dated) -> dict[str, Any]:
    return {
        "journey": dated.journey,
        "date": dated.value,
        "begins": dated.next.at if dated.next else None,
        "began_last": dated.taken,
    }
