"""What arrives: SQS records, as the event source mapping hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_SENT = "postroad_first_sent"
"""The attribute in which our own copies of a body carry when SQS first took it (milliseconds since 1970)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One copy of a queued message.

    `first_sent` is when a queue first took this body, also across our own copies; `receives` counts how often
    this copy has been handed out.
    """

    sqs_id: str
    receipt: str
    body: str
    first_sent: datetime
    receives: int


def decode_records(event: Mapping[str, Any]) -> list[Record]:
    """Read the records of a Lambda invocation by SQS.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return [_decode(record) for record in event["Records"]]


def _decode(record: Mapping[str, Any]) -> Record:
    attributes = record["attributes"]
    carried = record.get("messageAttributes", {}).get(FIRST_SENT, {}).get("stringValue", "")
    sent = int(carried) if carried.isascii() and carried.isdigit() else int(attributes["SentTimestamp"])
    return Record(
        sqs_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        first_sent=EPOCH + timedelta(milliseconds=sent),
        receives=int(attributes["ApproximateReceiveCount"]),
    )
