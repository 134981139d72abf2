"""What a dead letter tells: whose it is, and why it lies there. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.invalid import InvalidMessage
from postroad.contract.parser import parse_message
from postroad.contract.words import RECEIVES_EXHAUSTED
from postroad.times import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message in a dead-letter queue. It holds nothing of the body but the message's id.

    `reason` is a word of the contract where Postroad put it there; `receives_exhausted` where SQS did,
    because no run ever finished with it; Lambda's own word where a batch of changed rows was given up.
    """

    sqs_id: str
    message_id: str | None
    reason: str
    field: str
    detail: str
    sent: datetime
    receives: int


def read_dead_letter(
    *, sqs_id: str, body: str, attributes: Mapping[str, str], system: Mapping[str, str]
) -> DeadLetter:
    """Read one message of a dead-letter queue: its body, its own attributes, and SQS's."""
    reason, detail = _reason(body, attributes, system)
    return DeadLetter(
        sqs_id=sqs_id,
        message_id=attributes.get("message_id") or _message_id(body),
        reason=reason,
        field=attributes.get("field", ""),
        detail=detail,
        sent=moment(int(system.get("SentTimestamp", "0"))),
        receives=int(system.get("ApproximateReceiveCount", "0")),
    )


def _reason(body: str, attributes: Mapping[str, str], system: Mapping[str, str]) -> tuple[str, str]:
    if "reason" in attributes:
        return attributes["reason"], attributes.get("detail", "")
    if "DeadLetterQueueSourceArn" in system:
        return (
            RECEIVES_EXHAUSTED,
            "no run finished with it, as often as SQS handed it out: see the function's logs",
        )
    return _given_up(body) or (UNKNOWN, "")


def _given_up(body: str) -> tuple[str, str] | None:
    """Read Lambda's note on a batch of a stream that it gave up.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    try:
        note = json.loads(body)
        condition, batch = note["requestContext"]["condition"], note["DDBStreamBatchInfo"]
        return str(condition), f"{batch['batchSize']} changed rows were not published"
    except (ValueError, KeyError, TypeError):
        return None


def _message_id(body: str) -> str | None:
    try:
        return parse_message(body).message_id
    except InvalidMessage as invalid:
        return invalid.message_id
