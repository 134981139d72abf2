"""From a change of a row to the result that the bus carries. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.result import Result
from postroad.contract.words import BounceKind, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.ledger.row import Row

UNLISTED = frozenset(Status) - {Status.SCHEDULED, Status.CLAIMED, Status.SENT, Status.DELIVERED}
"""What is published for a stream that isn't configured (any more): a refusal must not go unheard."""

SCRUBBED = "[address]"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One record of the table's stream: a row before and after one write.

    `event_id` is DynamoDB's own id of the record, the same whenever it is read again. `before` is None for an
    insert; `after` is None for a removal, by TTL or by hand.
    """

    sequence_number: str
    event_id: str
    at: datetime
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class UnreadableChange:
    """A record whose images aren't rows; `problem` names the error's type and holds no value."""

    sequence_number: str
    problem: str


def result_of(change: RowChange, publishes: Mapping[str, tuple[str, ...]]) -> Result | None:
    """Return the result to publish for this change, or None.

    A refusal without a message id of its own (its key begins with `!`) is published under that key: it holds
    the SQS id that the producer got when it enqueued, and `postroad why` finds it.
    """
    row = change.after
    if row is None or not _is_transition(change.before, row):
        return None
    if row.status not in publishes.get(row.stream, UNLISTED):
        return None
    return Result(
        id=change.event_id,
        message_id=row.message_id,
        stream=row.stream,
        template=row.template or None,
        status=row.status,
        reason=row.reason or None,
        ses_message_id=row.ses_message_id or None,
        at=_when(change, row),
        tags=_tags_without_address(row),
    )


def _is_transition(before: Row | None, after: Row) -> bool:
    if before is None or before.status is not after.status:
        return True
    # The status keeps its word, but what a consumer should do about it has changed.
    hardened = after.bounce == BounceKind.HARD and before.bounce != BounceKind.HARD
    return hardened and after.status is Status.BOUNCED


def _when(change: RowChange, row: Row) -> datetime:
    """Return when the status came about, or when it was written if the row only knows an earlier occasion."""
    known_before = change.before is not None and row.status.value in change.before.times
    return change.at if known_before else row.times.get(row.status.value, change.at)


def _tags_without_address(row: Row) -> dict[str, str]:
    # Tags are the producer's own, and the bus promises to hold no address.
    address = row.email.lower()

    def scrub(text: str) -> str:
        return SCRUBBED if address and address in text.lower() else text

    return {scrub(name): scrub(value) for name, value in row.tags.items()}
