"""What arrives at the function and what it answers: SQS records in, the failed ones out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Record:
    """One copy of a queued notification; its body holds addresses and stays out of any text made of it."""

    sqs_id: str
    body: str = field(repr=False)


class ItemFailure(TypedDict):
    """One record that SQS shall hand out again."""

    itemIdentifier: str


class PartialFailures(TypedDict):
    """The answer of a function whose event source reports batch item failures."""

    batchItemFailures: list[ItemFailure]


def decode_records(event: Mapping[str, Any]) -> list[Record]:
    """Read the records of a Lambda invocation by SQS.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return [Record(record["messageId"], record["body"]) for record in event["Records"]]


def partial_failures(sqs_ids: Iterable[str]) -> PartialFailures:
    """Tell SQS which records to keep; all others of the batch are done.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return {"batchItemFailures": [{"itemIdentifier": sqs_id} for sqs_id in sqs_ids]}
