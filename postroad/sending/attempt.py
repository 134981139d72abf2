"""The rows of one attempt: from the claim to what became of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row

DELIVERY_TIME = timedelta(days=3)
"""SES gives up a delivery well before this; so a row's final status comes no later after it was sent."""


def claimed(row: Row, *, owner: str, now: datetime, lease: timedelta) -> Row:
    """Return the row that claims the message's first attempt."""
    return replace(
        row, status=Status.CLAIMED, attempt=1, owner=owner, lease_until=now + lease, expires_at=None
    ).with_time("claimed", now)


def settled(row: Row, status: Status, reason: str, *, now: datetime, retention: timedelta) -> Row:
    """Return the row of a message that ends here, or waits for an operator, without an attempt."""
    row = replace(row, status=status, reason=reason, owner="", lease_until=None)
    return row.with_time(status.value, now).kept_until(now + retention)


def following(row: Row, standing: Row) -> Row:
    """Return `row` as the successor of the row that stands: one version on, its history kept.

    A claim over a released attempt is the next attempt; a row that is no claim keeps the count.
    """
    attempt = standing.attempt + 1 if row.status is Status.CLAIMED else standing.attempt
    notes = (*standing.notes, *(note for note in row.notes if note not in standing.notes))
    times = {**row.times, **standing.times}
    return replace(
        row,
        version=standing.version + 1,
        attempt=attempt,
        ses_ids=standing.ses_ids,
        notes=notes,
        times=times,
    )


def next_version(row: Row, standing: Row) -> Row:
    """Return the row numbered as the successor of the one that stands."""
    return replace(row, version=standing.version + 1)


def _of_attempt(row: Row, claim: Row) -> bool:
    return row.status is Status.CLAIMED and row.owner == claim.owner and row.attempt == claim.attempt


def accepted(row: Row, claim: Row, *, ses_message_id: str, now: datetime, retention: timedelta) -> Row:
    """Return the row after SES accepted the claim's mail; an event may have moved it further already."""
    row = replace(row, ses_ids={**row.ses_ids, str(claim.attempt): ses_message_id}).with_time("sent", now)
    if row.status in (Status.CLAIMED, Status.HELD):
        row = replace(row, status=Status.SENT, reason="", detail="")
    if row.owner == claim.owner:
        row = replace(row, owner="", lease_until=None)
    return row.kept_until(now + DELIVERY_TIME + retention)


def released(row: Row, claim: Row, *, note: str) -> Row | None:
    """Return the row open for another attempt, since this one was definitely not sent."""
    if not _of_attempt(row, claim):
        return None
    return replace(row, owner="", lease_until=None).with_note(note)


def refused_by_ses(
    row: Row, claim: Row, *, reason: Reason, detail: str, note: str, now: datetime, retention: timedelta
) -> Row | None:
    """Return the row of a message that SES will not take as it is; `note` may be empty."""
    if not _of_attempt(row, claim):
        return None
    row = replace(row, detail=detail)
    row = row.with_note(note) if note else row
    return settled(row, Status.FAILED, reason.value, now=now, retention=retention)


def unknown(row: Row, claim: Row, *, note: str, now: datetime) -> Row | None:
    """Return the row held for an operator, since nobody can say whether this attempt was sent.

    The owner stays on the row: evidence that comes later belongs to this attempt.
    """
    if not _of_attempt(row, claim):
        return None
    row = replace(row, status=Status.HELD, reason=Reason.UNKNOWN_OUTCOME.value, lease_until=None)
    return row.with_time("held", now).with_note(note)
