"""What is next of contacts' dates, in DynamoDB: the table Journeys, and their pointers in Schedule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, wrote
from postroad.dynamodb_table import Table
from postroad.journeys.date_triggers import date_place
from postroad.journeys.dates import Dated, Occurrence
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.item import walk_key, write_time
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.pointer import Pointer, due_minute
from postroad.schedule.walks import WALKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.schedule.ports import Pointers

_FINGERPRINT = "date"


class DynamoDates:
    """`Dates` over the table Journeys; threads may share it.

    Needs dynamodb:GetItem, PutItem and DeleteItem on it.
    """

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, pointers: Pointers, lead: timedelta
    ) -> None:
        """Use this low-level client, this table and these pointers, at least the lead ahead."""
        self._client = client
        self._name = table_name
        self._pointers = pointers
        self._lead = lead
        self._table = Table(client, table_name, unavailable=WalksUnavailableError)

    def standing(self, address_key: str, journey: str) -> Dated | None:
        """Read what is kept; see `Dates.standing`."""
        item = self._table.get(walk_key(address_key, date_place(journey)))
        return None if item is None else read_dated(item)

    def write(self, before: Dated | None, after: Dated, *, now: datetime) -> bool:
        """Write it, its pointer first; see `Dates.write`. A pointer that leads nowhere does no harm."""
        self.call(after, now=now)
        request: dict[str, Any] = {"TableName": self._name, "Item": _item(after)}
        if before is None:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            request["ConditionExpression"] = "writes = :writes"
            request["ExpressionAttributeValues"] = {":writes": {"N": str(before.writes)}}
        return wrote(self._client.put_item, request, unavailable=WalksUnavailableError)

    def call(self, dated: Dated, *, now: datetime) -> None:
        """Let it be called; see `Dates.call`."""
        if dated.next is None:
            return
        pointer = Pointer(
            stream=WALKS,
            message_id=f"{dated.address_key}:{date_place(dated.journey)}",
            fingerprint=_FINGERPRINT,
            generation=dated.writes,
            due=dated.next.at,
            minute=due_minute(dated.next.at, now=now, lead=self._lead),
        )
        try:
            self._pointers.put(pointer)
        except ScheduleUnavailableError as error:
            raise WalksUnavailableError(str(error)) from error

    def forget(self, address_key: str, journey: str) -> None:
        """Remove it; see `Dates.forget`."""
        with asking(WalksUnavailableError):
            self._client.delete_item(TableName=self._name, Key=walk_key(address_key, date_place(journey)))


def _item(dated: Dated) -> dict[str, Any]:
    texts = {"journey": dated.journey, "value": dated.value, "rule": dated.rule}
    if dated.next is not None:
        texts |= {"day": dated.next.day.isoformat(), "next": write_time(dated.next.at)}
    if dated.taken is not None:
        texts["taken"] = dated.taken.isoformat()
    return {
        **walk_key(dated.address_key, date_place(dated.journey)),
        **{name: {"S": text} for name, text in texts.items() if text},
        "writes": {"N": str(dated.writes)},
    }


def read_dated(item: Mapping[str, Any]) -> Dated:
    """Read what the store wrote."""

    def text(name: str) -> str:
        return str(item[name]["S"]) if name in item else ""

    following = None
    if "next" in item:
        following = Occurrence(date.fromisoformat(text("day")), datetime.fromisoformat(text("next")))
    return Dated(
        address_key=text("pk"),
        journey=text("journey"),
        value=text("value"),
        rule=text("rule"),
        next=following,
        taken=date.fromisoformat(text("taken")) if "taken" in item else None,
        writes=int(item["writes"]["N"]),
    )
