"""The schedule in DynamoDB: the table Schedule."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.ledger.item import milliseconds
from postroad.schedule.errors import ScheduleUnavailableError
from postroad.schedule.keys import mark_order, mark_partition, pointer_key
from postroad.schedule.pointer import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.schedule.pointer import Pointer

MARK_LIFE = timedelta(days=60)
"""After its minute: longer than any message may be late."""
MOST_REMEMBERED = 10_000


class DynamoPointers:
    """`Pointers` over the table; threads may share it."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name
        self._marked: OrderedDict[tuple[str, Mark], None] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand; its minute is marked first, so that no pointer lies where nobody looks."""
        partition, order = pointer_key(pointer)
        with asking():
            self._mark(pointer)
            self._client.put_item(
                TableName=self._table,
                Item={"pk": {"S": partition}, "sk": {"S": order}, "fingerprint": {"S": pointer.fingerprint}},
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


@contextmanager
def asking() -> Iterator[None]:
    """Turn boto3's errors into the schedule's own."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ScheduleUnavailableError(f"DynamoDB refused: {code}") from error
    except BotoCoreError as error:
        raise ScheduleUnavailableError(f"DynamoDB didn't answer: {type(error).__name__}") from error
