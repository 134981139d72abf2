"""What a function is handed by its event source, and how it answers: SQS records in, failed ones out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from postroad.clock import offset
from postroad.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

FIRST_SENT = "postroad_first_sent"
"""The attribute in which our own copies of a body carry when SQS first took it (milliseconds since 1970)."""

GENERATION = "postroad_generation"
"""The attribute that dispatch gives to a copy: the generation of the pointer that brought it."""

MOST_DIGITS = 15
"""Of a time in milliseconds; these last for thirty thousand years."""


@dataclass(frozen=True, slots=True)
class Record:
    """One copy of a queued body; the body may hold addresses and stays out of any text made of the record.

    `first_sent` is when a queue first took this body, also across our own copies; `receives` counts how often
    this copy has been handed out. `generation` is that of the pointer that brought it, 0 for any other copy.
    """

    sqs_id: str
    receipt: str
    body: str = field(repr=False)
    first_sent: datetime
    receives: int
    generation: int = 0


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
    older, never younger. SQS has the machine's time, and our copies carry the stage's: on a local stage that
    was moved ahead, what was sent just now is not old.
    """
    sent = int(sent_timestamp) + offset() // timedelta(milliseconds=1)
    return moment(min(sent, int(carried)) if _is_number(carried) else sent)


def _decode(record: Mapping[str, Any]) -> Record:
    attributes = record["attributes"]
    carried = _attribute(record, FIRST_SENT)
    return Record(
        sqs_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        first_sent=first_sent_of(attributes["SentTimestamp"], carried),
        receives=int(attributes["ApproximateReceiveCount"]),
        # Any producer can set it: the worst that it does is to bring its own waiting message forward.
        generation=int(generation) if _is_number(generation := _attribute(record, GENERATION)) else 0,
    )


def _attribute(record: Mapping[str, Any], name: str) -> str:
    value: str = record.get("messageAttributes", {}).get(name, {}).get("stringValue") or ""
    return value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
