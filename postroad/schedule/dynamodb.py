"""The schedule in DynamoDB: the table Schedule."""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, failed_condition
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.keys import (
    AUDIT,
    CURSOR,
    POINTERS,
    SHARDS,
    mark_order,
    mark_partition,
    minute_text,
    pointer_key,
    pointer_partition,
    read_mark,
    read_minute,
    read_pointer,
    state_partition,
)
from postroad.schedule.merging import Shard, first_of
from postroad.schedule.pointer import Mark
from postroad.schedule.ports import AuditProgress, Due, Page
from postroad.times import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, WriteRequestTypeDef

    from postroad.schedule.pointer import Pointer

MARK_LIFE = timedelta(days=60)
"""After its minute: longer than any message may be late."""
MOST_REMEMBERED = 10_000
MOST_DELETES = 25
"""BatchWriteItem takes no more in one request."""
LAST_PRIORITY = "~"
"""Sorts behind every priority."""
TRIES = 8
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class DynamoPointers:
    """`Pointers` over the table; threads may share it. Needs dynamodb:PutItem."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name
        self._marked: OrderedDict[tuple[str, Mark], None] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand; its minute is marked first, so that no pointer lies where nobody looks."""
        with asking(ScheduleUnavailableError):
            self._mark(pointer)
            self._client.put_item(
                TableName=self._table, Item={**_key(pointer), "fingerprint": {"S": pointer.fingerprint}}
            )

    def _mark(self, pointer: Pointer) -> None:
        """Mark the pointer's minute, unless this process has: a minute gets its pointers before it comes."""
        mark = Mark(pointer.minute, pointer.priority)
        if (pointer.stream, mark) in self._marked:
            return
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": {"S": mark_partition(pointer.stream)},
                "sk": {"S": mark_order(mark)},
                "ttl": {"N": str(milliseconds(mark.minute + MARK_LIFE) // 1000)},
            },
        )
        with self._lock:
            self._marked[pointer.stream, mark] = None
            if len(self._marked) > MOST_REMEMBERED:
                self._marked.popitem(last=False)


class DynamoSchedule(DynamoPointers):
    """A `Schedule` over the table. Needs GetItem, PutItem, Query, Scan and BatchWriteItem on it as well."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client, with connections for sixteen threads; `pause` takes seconds."""
        super().__init__(client, table_name)
        self._pause = pause
        self._threads = ThreadPoolExecutor(max_workers=len(SHARDS), thread_name_prefix="shard")

    def marks(self, stream: str, *, first: datetime | None, last: datetime, limit: int) -> Sequence[Mark]:
        """Return the oldest marks from minute `first` to `last`, inclusive, by consistent reads."""
        between: Mapping[str, AttributeValueTypeDef] = {
            ":pk": {"S": mark_partition(stream)},
            ":first": {"S": "0" if first is None else minute_text(first)},
            ":last": {"S": f"{minute_text(last)}#{LAST_PRIORITY}"},
        }
        with asking(ScheduleUnavailableError):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=between,
                ConsistentRead=True,
                PaginationConfig={"MaxItems": limit},
            )
            return [read_mark(item["sk"]["S"]) for page in pages for item in page["Items"]]

    def due(self, stream: str, minute: datetime, *, limit: int) -> Due:
        """Return the first pointers under a minute, of all shards read at once."""
        # Hashing spreads them evenly but for some: a little more than its share of each shard will mostly do.
        most = limit // len(SHARDS) * 5 // 4 + 10

        def read(shard: Shard) -> None:
            self._read_page(shard, most)

        def read_all(shards: Iterable[Shard]) -> None:
            for _ in self._threads.map(read, shards):
                pass

        shards = [Shard(pointer_partition(stream, minute, digit)) for digit in SHARDS]
        with asking(ScheduleUnavailableError):
            return first_of(shards, limit, read_all)

    def remove(self, pointers: Collection[Pointer]) -> None:
        """Remove these pointers, 25 at a request."""
        keys = list({pointer_key(pointer): _key(pointer) for pointer in pointers}.values())
        for at in range(0, len(keys), MOST_DELETES):
            self._delete([{"DeleteRequest": {"Key": key}} for key in keys[at : at + MOST_DELETES]])

    def cursor(self, stream: str) -> datetime | None:
        """Return the minute up to which everything has been handed out, by a consistent read."""
        item = self._get(state_partition(stream), CURSOR)
        return read_minute(item["minute"]["S"]) if item else None

    def move_cursor(self, stream: str, to: datetime, *, expected: datetime | None) -> bool:
        """Move the cursor if it still stands where it was read."""
        # An answer that got lost makes the SDK write again: our own cursor is then what stands.
        values: dict[str, AttributeValueTypeDef] = {":to": {"S": minute_text(to)}}
        condition = "attribute_not_exists(pk) OR #minute = :to"
        if expected is not None:
            values[":expected"] = {"S": minute_text(expected)}
            condition = "#minute = :expected OR #minute = :to"
        try:
            with asking(ScheduleUnavailableError):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": state_partition(stream)},
                        "sk": {"S": CURSOR},
                        "minute": {"S": minute_text(to)},
                    },
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#minute": "minute"},
                    ExpressionAttributeValues=values,
                )
        except ScheduleUnavailableError as error:
            if failed_condition(error) is None:
                raise
            return False
        return True

    def page(self, start: tuple[str, str] | None, *, limit: int) -> Page:
        """Return one page of all pointers. Nothing is lost by a read that lags: tomorrow there is another."""
        begin: dict[str, Any] = {}
        if start is not None:
            begin = {"ExclusiveStartKey": {"pk": {"S": start[0]}, "sk": {"S": start[1]}}}
        with asking(ScheduleUnavailableError):
            answer = self._client.scan(
                TableName=self._table,
                FilterExpression="begins_with(pk, :pointers)",
                ExpressionAttributeValues={":pointers": {"S": POINTERS}},
                Limit=limit,
                **begin,
            )
        last = answer.get("LastEvaluatedKey")
        return Page(
            [_pointer(item) for item in answer["Items"]],
            (last["pk"]["S"], last["sk"]["S"]) if last else None,
        )

    def audit_progress(self) -> AuditProgress | None:
        """Return how far the latest audit has come, by a consistent read."""
        item = self._get(*AUDIT)
        if item is None:
            return None
        key = (item["next_pk"]["S"], item["next_sk"]["S"]) if "next_pk" in item else None
        return AuditProgress(date.fromisoformat(item["day"]["S"]), key, item["done"]["BOOL"])

    def save_audit_progress(self, progress: AuditProgress) -> None:
        """Remember how far the audit has come."""
        pk, sk = AUDIT
        item: dict[str, AttributeValueTypeDef] = {
            "pk": {"S": pk},
            "sk": {"S": sk},
            "day": {"S": progress.day.isoformat()},
            "done": {"BOOL": progress.done},
        }
        if progress.next_key is not None:
            item |= {"next_pk": {"S": progress.next_key[0]}, "next_sk": {"S": progress.next_key[1]}}
        with asking(ScheduleUnavailableError):
            self._client.put_item(TableName=self._table, Item=item)

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        with asking(ScheduleUnavailableError):
            answer = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
        return answer.get("Item")

    def _read_page(self, shard: Shard, most: int) -> None:
        begin: dict[str, Any] = {} if shard.next_key is None else {"ExclusiveStartKey": shard.next_key}
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": shard.partition}},
            ConsistentRead=True,
            Limit=most,
            **begin,
        )
        shard.begun = True
        shard.entries.extend((item["sk"]["S"], _pointer(item)) for item in answer["Items"])
        shard.next_key = answer.get("LastEvaluatedKey")

    def _delete(self, requests: Sequence[WriteRequestTypeDef]) -> None:
        """Delete up to 25; what DynamoDB leaves over is asked for again, after ever longer pauses."""
        waiting: Mapping[str, Sequence[WriteRequestTypeDef]] = {self._table: requests}
        for seconds in _pauses():
            with asking(ScheduleUnavailableError):
                answer = self._client.batch_write_item(RequestItems=waiting)
            # What comes back holds the same requests, in the type that answers have.
            waiting = answer.get("UnprocessedItems") or {}  # type: ignore[assignment]  # see the line above
            if not waiting:
                return
            self._pause(seconds)
        raise ScheduleUnavailableError("DynamoDB keeps leaving deletes over: try again")


def _key(pointer: Pointer) -> dict[str, AttributeValueTypeDef]:
    partition, order = pointer_key(pointer)
    return {"pk": {"S": partition}, "sk": {"S": order}}


def _pointer(item: Mapping[str, Any]) -> Pointer:
    return read_pointer((item["pk"]["S"], item["sk"]["S"]), item["fingerprint"]["S"])


def _pauses() -> Iterator[float]:
    """Yield after each try how many seconds to wait before the next: ever longer, and at random."""
    for attempt in range(TRIES):
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
        yield random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries; no secret depends on it
