"""What a function is handed by its event source, and how it answers: SQS records in, failed ones out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_SENT = "postroad_first_sent"
"""The attribute in which our own copies of a body carry when SQS first took it (milliseconds since 1970)."""

MOST_DIGITS = 15
"""Of a time in milliseconds; these last for thirty thousand years."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One copy of a queued body; the body may hold addresses and stays out of any text made of the record.

    `first_sent` is when a queue first took this body, also across our own copies; `receives` counts how often
    this copy has been handed out.
    """

    sqs_id: str
    receipt: str
    body: str = field(repr=False)
    first_sent: datetime
    receives: int


class ItemFailure(TypedDict):
    """One record that the event source shall hand out again."""

    itemIdentifier: str


class PartialFailures(TypedDict):
    """The answer of a function whose event source reports batch item failures."""

    batchItemFailures: list[ItemFailure]


def decode_records(event: Mapping[str, Any]) -> list[Record]:
    """Read the records of a Lambda invocation by SQS.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return [_decode(record) for record in event["Records"]]


def partial_failures(identifiers: Iterable[str]) -> PartialFailures:
    """Tell the event source which records to keep: SQS message ids, or a stream's sequence numbers.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def first_sent_of(sent_timestamp: str, carried: str) -> datetime:
    """Return when a queue first took a body: by SQS, and by what the attribute FIRST_SENT holds, if any.

    Any producer can set that attribute: whatever it holds, it concerns this record alone, and it makes a body
    older, never younger.
    """
    sent = int(sent_timestamp)
    if carried.isascii() and carried.isdigit() and len(carried) <= MOST_DIGITS:
        sent = min(sent, int(carried))
    return EPOCH + timedelta(milliseconds=sent)


def _decode(record: Mapping[str, Any]) -> Record:
    attributes = record["attributes"]
    carried = record.get("messageAttributes", {}).get(FIRST_SENT, {}).get("stringValue") or ""
    return Record(
        sqs_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        first_sent=first_sent_of(attributes["SentTimestamp"], carried),
        receives=int(attributes["ApproximateReceiveCount"]),
    )
