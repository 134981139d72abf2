"""The walks in DynamoDB: the table Journeys, and their pointers in Schedule."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, wrote
from postroad.dynamodb_table import Table
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.item import read_walk, walk_item, walk_key, write_time
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.pointer import Pointer, due_minute
from postroad.schedule.walks import WALKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.journeys.enrolment import Enrolment
    from postroad.schedule.ports import Pointers

FINGERPRINT = "walk"
LEAD = timedelta(minutes=2)
"""A pointer lies at least so far ahead of its writer, else dispatch may have passed its minute already."""
_FIRST = "a"
"""No place of a walk sorts before it; what begins with `@` isn't one."""


class DynamoWalks:
    """`Walks` and `AllWalks` over the table Journeys; threads may share it.

    Needs dynamodb:GetItem, Query, PutItem, UpdateItem and DeleteItem on it, and dynamodb:Scan for `AllWalks`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        pointers: Pointers,
        lead: timedelta = LEAD,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client, this table and these pointers.

        `page_size` is for tests, `pause` takes seconds.
        """
        self._client = client
        self._name = table_name
        self._pointers = pointers
        self._lead = lead
        self._table = Table(
            client, table_name, unavailable=WalksUnavailableError, page_size=page_size, pause=pause
        )

    def latest(self, address_key: str, place: str) -> Enrolment | None:
        """Read the latest walk; see `Walks.latest`."""
        item = self._table.get(walk_key(address_key, place))
        return None if item is None else read_walk(item)

    def known(self, address_key: str) -> list[Enrolment]:
        """Read the latest walks; see `Walks.known`."""
        return list(self._known(address_key))

    def under_way(self, address_key: str) -> list[Enrolment]:
        """Read those that are not over, or not done; see `Walks.under_way`."""
        unfinished = "attribute_exists(due) OR attribute_exists(outbox)"
        return list(self._known(address_key, FilterExpression=unfinished))

    def write(self, before: Enrolment | None, after: Enrolment, *, now: datetime) -> bool:
        """Write a walk with its outbox; see `Walks.write`.

        Its pointer stands first: one that leads to a walk that isn't due does no harm, and a walk that nobody
        calls would stand still.
        """
        if after.due is not None:
            self._point(after, after.due, now=now)
        request: dict[str, Any] = {"TableName": self._name, "Item": walk_item(after)}
        if before is None:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            request |= _unless_written(before)
        return wrote(self._client.put_item, request, unavailable=WalksUnavailableError)

    def settle(self, walk: Enrolment) -> None:
        """Forget an outbox; see `Walks.settle`."""
        request = {
            "TableName": self._name,
            "Key": walk_key(walk.address_key, walk.place),
            "UpdateExpression": "REMOVE outbox",
            **_unless_written(walk),
        }
        wrote(self._client.update_item, request, unavailable=WalksUnavailableError)

    def forget(self, walk: Enrolment) -> None:
        """Remove a walk; see `Walks.forget`."""
        with asking(WalksUnavailableError):
            self._client.delete_item(TableName=self._name, Key=walk_key(walk.address_key, walk.place))

    def call_again(self, walk: Enrolment, *, at: datetime, now: datetime) -> None:
        """Let a walk be called at another time; see `Walks.call_again`."""
        self._point(walk, at, now=now)

    def pages(self, journey: str) -> Iterator[list[Enrolment]]:
        """Yield the walks through a journey by a scan; see `AllWalks.pages`."""
        yield from self._scan("", {":journey": {"S": journey}})

    def overdue(self, journey: str, *, now: datetime) -> Iterator[list[Enrolment]]:
        """Yield those that are late by a scan; see `AllWalks.overdue`."""
        values = {":journey": {"S": journey}, ":now": {"S": write_time(now)}}
        yield from self._scan(" AND due <= :now", values)

    def _known(self, address_key: str, **filtered: str) -> Iterator[Enrolment]:
        items = self._table.query(
            KeyConditionExpression="pk = :key AND sk >= :first",
            ExpressionAttributeValues={":key": {"S": address_key}, ":first": {"S": _FIRST}},
            **filtered,
        )
        return map(read_walk, items)

    def _scan(self, more: str, values: dict[str, Any]) -> Iterator[list[Enrolment]]:
        # What else lies in the table, a pause say, is no walk: it has no entry.
        pages = self._table.scan(
            FilterExpression=f"journey = :journey AND attribute_exists(entry){more}",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        for items in pages:
            if items:
                yield [read_walk(item) for item in items]

    def _point(self, walk: Enrolment, due: datetime, *, now: datetime) -> None:
        try:
            self._pointers.put(walk_pointer(walk, due, now=now, lead=self._lead))
        except ScheduleUnavailableError as error:
            raise WalksUnavailableError(str(error)) from error


def walk_pointer(walk: Enrolment, due: datetime, *, now: datetime, lead: timedelta) -> Pointer:
    """Return what calls a walk at `due`, or as soon after it as the lead allows."""
    return Pointer(
        stream=WALKS,
        message_id=f"{walk.address_key}:{walk.place}",
        fingerprint=FINGERPRINT,
        generation=walk.writes,
        due=due,
        minute=due_minute(due, now=now, lead=lead),
    )


def _unless_written(walk: Enrolment) -> dict[str, Any]:
    return {
        "ConditionExpression": "writes = :writes",
        "ExpressionAttributeValues": {":writes": {"N": str(walk.writes)}},
    }
