"""The rows of one attempt: from the claim, or the waiting before it, to what became of it. Pure."""

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

NOT_SENT = frozenset(
    {
        Status.CLAIMED,
        Status.HELD,
        Status.SCHEDULED,
        Status.SUPPRESSED,
        Status.UNSUBSCRIBED,
        Status.CAPPED,
        Status.EXPIRED,
        Status.CANCELLED,
        Status.INVALID,
    }
)
"""Statuses that SES's acceptance of any attempt proves wrong, as its events do."""

COUNTS_FAILURES = frozenset({Status.CLAIMED, Status.SCHEDULED, Status.INVALID})


def claimed(row: Row, *, owner: str, now: datetime, lease: timedelta) -> Row:
    """Return the row that claims the message's first attempt."""
    return replace(
        row,
        status=Status.CLAIMED,
        attempt=1,
        owner=owner,
        lease_until=now + lease,
        expires_at=None,
        times=row.times_with("claimed", now),
    )


def settled(row: Row, status: Status, reason: str, *, now: datetime, retention: timedelta) -> Row:
    """Return the row of a message that ends here, or waits for an operator, without an attempt."""
    row = _at_rest(replace(row, status=status, reason=reason, owner=""))
    return row.with_time(status.value, now).kept_until(now + retention)


def scheduled(row: Row, *, due: datetime, now: datetime, reason: Reason = Reason.SEND_AT) -> Row:
    """Return the row of a message that waits for its time; it counts one pointer, from now on."""
    return replace(
        row, status=Status.SCHEDULED, reason=reason.value, due=due, generation=1, expires_at=None
    ).with_time(Status.SCHEDULED.value, now)


def rescheduled(row: Row, *, due: datetime) -> Row:
    """Return the row that waits on, with another pointer."""
    return replace(row, due=due, generation=row.generation + 1)


def following(row: Row, standing: Row) -> Row:
    """Return `row` as the successor of the row that stands: one version on, its history kept.

    A claim over an open row is the next attempt; a row that is no claim keeps the count. Pointers and
    failures are counted on.
    """
    attempt = standing.attempt + 1 if row.status is Status.CLAIMED else standing.attempt
    notes = (*standing.notes, *(note for note in row.notes if note not in standing.notes))
    if row.is_redacted:
        notes = ()
    times = {**row.times, **standing.times}
    return replace(
        row,
        version=standing.version + 1,
        attempt=attempt,
        generation=standing.generation + row.generation,
        failures=standing.failures + row.failures,
        ses_ids=standing.ses_ids,
        notes=notes,
        times=times,
        engagement=standing.engagement,
    )


def next_version(row: Row, standing: Row) -> Row:
    """Return the row numbered as the successor of the one that stands."""
    return replace(row, version=standing.version + 1)


def _of_attempt(row: Row, claim: Row) -> bool:
    return row.status is Status.CLAIMED and row.owner == claim.owner and row.attempt == claim.attempt


def _at_rest(row: Row) -> Row:
    """Return the row without what belongs to an attempt under way, or to waiting."""
    return replace(row, lease_until=None, due=None, evidence_after=None)


def accepted(row: Row, claim: Row, *, ses_message_id: str, now: datetime, retention: timedelta) -> Row:
    """Return the row after SES accepted the claim's mail.

    An event may have moved it further already. And it may be late: whatever others have made of the row
    since, even another attempt, the message was sent.
    """
    ses_ids = {**row.ses_ids, str(claim.attempt): ses_message_id}
    times = row.times_with("sent", now)
    until = now + DELIVERY_TIME + retention
    if row.status in NOT_SENT:
        # In one step: each copy of a row is a good part of what this mail costs.
        return replace(
            row,
            status=Status.SENT,
            reason="",
            detail="",
            owner="",
            lease_until=None,
            due=None,
            evidence_after=None,
            ses_ids=ses_ids,
            times=times,
            expires_at=row.end_at(until),
        )
    row = replace(row, ses_ids=ses_ids, times=times)
    if row.owner == claim.owner:
        row = _at_rest(replace(row, owner=""))
    return row.kept_until(until)


def released(row: Row, claim: Row, *, note: str) -> Row | None:
    """Return the row open for another attempt, since this one was definitely not sent."""
    if not _of_attempt(row, claim):
        return None
    return _at_rest(replace(row, owner="", reason="")).with_note(note)


def refused_by_ses(
    row: Row, claim: Row, *, reason: Reason, detail: str, note: str, now: datetime, retention: timedelta
) -> Row | None:
    """Return the row of a message that SES will not take as it is; `note` may be empty."""
    if not _of_attempt(row, claim):
        return None
    row = replace(row, detail=detail)
    row = row.with_note(note) if note else row
    return settled(row, Status.FAILED, reason.value, now=now, retention=retention)


def is_awaiting_evidence(row: Row) -> bool:
    """Say whether the row's latest attempt ended without an answer, and evidence is to decide it."""
    return row.awaits_evidence and bool(row.owner)


def unknown(
    row: Row,
    claim: Row,
    *,
    evidence_after: datetime,
    due: datetime,
    attempts_max: int,
    note: str,
    now: datetime,
) -> Row | None:
    """Return the row that waits for evidence, since nobody can say whether this attempt was sent.

    The owner stays on the row: evidence that comes later belongs to this attempt. Where it was tried so often
    in vain an operator is asked instead.
    """
    if not _of_attempt(row, claim):
        return None
    if is_awaiting_evidence(row):  # another copy found its lease over
        return replace(row, evidence_after=max(evidence_after, row.evidence_after or evidence_after))
    row = replace(row, failures=row.failures + 1)
    if row.failures >= attempts_max:
        return held(row, claim, reason=Reason.ATTEMPTS_EXHAUSTED, note=note, now=now)
    row = replace(
        row, reason=Reason.UNKNOWN_OUTCOME.value, lease_until=None, evidence_after=evidence_after
    ).with_note(note)
    return rescheduled(row, due=due)


def held(row: Row, claim: Row, *, reason: Reason, note: str, now: datetime) -> Row | None:
    """Return the row held for an operator, who is to decide about an attempt that may have been sent.

    The owner stays on the row, as in `unknown`.
    """
    if not _of_attempt(row, claim):
        return None
    row = _at_rest(replace(row, status=Status.HELD, reason=reason.value))
    return row.with_time(Status.HELD.value, now).with_note(note)


def failed(row: Row, *, note: str) -> Row:
    """Return the first row of a message whose handling broke: open, so that it is tried again."""
    return replace(row, status=Status.CLAIMED, failures=1, expires_at=None).with_note(note)


def failed_again(row: Row, *, note: str) -> Row | None:
    """Return the row with one more failure of ours, or None where nothing is to be tried any more.

    A claim that somebody holds is counted when it turns out to have been abandoned.
    """
    if row.status not in COUNTS_FAILURES or (row.owner and not is_awaiting_evidence(row)):
        return None
    return replace(row, failures=row.failures + 1).with_note(note)
