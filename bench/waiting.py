"""Messages that wait for their time, all of them due in one minute: as the adapters write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from bench import deployed, events
from postroad.bodies.dynamodb import DynamoBodies
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.pointer import Pointer, minute_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


def make_waiting(number: int) -> dict[str, list[dict[str, Any]]]:
    """Return the items of so many messages, by table."""
    now = datetime.now(UTC)
    due = minute_of(now) - timedelta(minutes=1)
    written = _Written()
    client = cast("DynamoDBClient", written)
    schedule = DynamoSchedule(client, deployed.SCHEDULE)
    bodies = DynamoBodies(client, deployed.BODIES, s3=cast("S3Client", None), bucket="attachments")
    bodies.put("model", "model", events.body(), first_sent=now, until=now + timedelta(days=22))
    model = written.tables[deployed.BODIES].pop()
    for place in range(number):
        message_id = f"order-{place:07d}-reminder"
        fingerprint = sha256(message_id.encode()).hexdigest()
        schedule.put(
            Pointer(
                stream=deployed.STREAM,
                message_id=message_id,
                fingerprint=fingerprint,
                generation=1,
                due=due + timedelta(milliseconds=place % 60_000),
                minute=due,
            )
        )
        key = {"pk": {"S": message_id}, "sk": {"S": f"body#{fingerprint}"}}
        written.tables[deployed.BODIES].append(model | key)
    return written.tables


class _Written:
    """Keeps what the adapters would write."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803 - boto3's names
        self.tables.setdefault(TableName, []).append(Item)
