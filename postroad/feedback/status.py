"""How one event moves one row. Pure, and indifferent to order and to copies.

Every field that an event touches only ever moves one way: the status up the rank (`verdict`), times down, ids
and notes as sets. So any order and any number of copies of the same events give the same row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contract.words import BounceKind, Status
from postroad.feedback.counting import metric_of
from postroad.feedback.event import EventKind
from postroad.feedback.verdict import MOVED_BY_EARLIER_ATTEMPTS, SENT, Verdict, strength, verdict_of
from postroad.ledger.retention import Retention
from postroad.observability import Metric

if TYPE_CHECKING:
    from postroad.feedback.event import FeedbackEvent
    from postroad.ledger.row import Row

NOTE_PREFIX = "SES: "
MOST_SES_NOTES = 10
LEAST = Retention()

_BOUNCE_ORDER = ("", BounceKind.UNDETERMINED, BounceKind.SOFT, BounceKind.HARD)
_EVIDENCE_ONLY = frozenset({EventKind.SEND, EventKind.OPEN, EventKind.CLICK})


def apply_event(row: Row, event: FeedbackEvent, retention: Retention = LEAST) -> Row | None:
    """Return the row as it stands after this event, or None if the event changes nothing.

    Its end only moves away, by what `retention` says of what the event reports: so order doesn't matter.

    An event proves that SES took the mail, so it also moves a row that says the mail was never sent
    (suppressed, expired, cancelled, restored from a backup): what happened counts, not what was meant to.
    """
    if event.asks_for_nothing:
        return None
    changed = _with_times(row, event)
    changed = _with_ses_id(changed, event)
    changed = _with_bounce(changed, event)
    changed = _with_engagement(changed, event)
    changed = _with_count(changed, event)
    # What a mailbox answered may name its owner, whose data were erased from this row.
    if not row.is_redacted and (note := note_of(event)):
        changed = _with_ses_note(changed, note)
    verdict = _verdict_for(row, event)
    if verdict is not None:
        changed = _with_status(changed, verdict)
        # An open says when the mail was sent, and nothing newer that the row would have to be kept for.
        said = event.accepted_at if verdict == SENT else max(event.at, event.accepted_at)
        changed = changed.kept_until(said + retention.after(verdict.status))
    return None if changed == row else changed


def is_news(before: Row, event: FeedbackEvent) -> bool:
    """Say whether this event is the first for the row that counts as what it counts as.

    So whatever order a row's events come in, and however often, they add the same to each metric.
    """
    metric = metric_of(event)
    if metric is None:
        return False
    if metric is Metric.DELIVERIES:
        return Status.DELIVERED.value not in before.times
    return metric.value not in before.counted


def note_of(event: FeedbackEvent) -> str:
    """Return the sentence about this event for a support person; empty for good news, which needs none."""
    match event.kind:
        case EventKind.BOUNCE:
            what = f"{event.bounce} bounce"
        case EventKind.COMPLAINT:
            what = "complaint"
        case EventKind.DELIVERY_DELAY:
            # Each retry explains itself in other words; the type is what tells.
            return f"{NOTE_PREFIX}delivery delayed ({event.word or 'no type'})"
        case EventKind.REJECT:
            what = "rejected"
        case EventKind.RENDERING_FAILURE:
            what = "template not rendered"
        case _:
            return ""
    word = f" ({event.word})" if event.word else ""
    explanation = f": {event.explanation}" if event.explanation else ""
    return f"{NOTE_PREFIX}{what}{word}{explanation}"


def _only_repeats(row: Row, event: FeedbackEvent) -> bool:
    """Say whether the event only repeats that SES took the mail, which the row has from SendEmail's answer.

    Without this every Send event would cost a write to correct `sent` by a few milliseconds.
    """
    return (
        event.kind in _EVIDENCE_ONLY
        and row.ses_ids.get(str(event.attempt)) == event.ses_message_id
        and Status.SENT.value in row.times
    )


def _with_times(row: Row, event: FeedbackEvent) -> Row:
    if _only_repeats(row, event):
        return row
    # Every event tells when SES took the mail, even one that SES rejected later.
    row = row.with_time(Status.SENT.value, event.accepted_at)
    return row if event.kind in _EVIDENCE_ONLY else row.with_time(verdict_of(event).status.value, event.at)


def _with_ses_id(row: Row, event: FeedbackEvent) -> Row:
    if not event.attempt:
        return row
    attempt = str(event.attempt)
    # One attempt is one SendEmail, so two ids for it can only be a fault elsewhere; the smaller one stays,
    # whichever comes first.
    ses_id = min(row.ses_ids.get(attempt, event.ses_message_id), event.ses_message_id)
    if row.ses_ids.get(attempt) == ses_id:
        return row
    return replace(row, ses_ids={**row.ses_ids, attempt: ses_id})


def _with_bounce(row: Row, event: FeedbackEvent) -> Row:
    if event.bounce is None or _BOUNCE_ORDER.index(event.bounce) <= _BOUNCE_ORDER.index(row.bounce):
        return row
    return replace(row, bounce=event.bounce.value)


def _with_count(row: Row, event: FeedbackEvent) -> Row:
    metric = metric_of(event)
    # That a delivery was counted is told by its time.
    if metric is None or metric is Metric.DELIVERIES or metric.value in row.counted:
        return row
    return replace(row, counted=tuple(sorted((*row.counted, metric.value))))


def _with_engagement(row: Row, event: FeedbackEvent) -> Row:
    match event.kind:
        case EventKind.OPEN:
            seen = row.engagement.with_open(event.at, is_machine=event.is_machine)
        case EventKind.CLICK:
            seen = row.engagement.with_click(event.at, event.link, is_machine=event.is_machine)
        case _:
            return row
    return row if seen == row.engagement else replace(row, engagement=seen)


def _verdict_for(row: Row, event: FeedbackEvent) -> Verdict | None:
    """Return what the event says about the message as it stands, or None: nothing.

    An event of an attempt before the row's own comes late. That the mail arrived, bounced hard or annoyed
    somebody is true of the message. Of the rest, the first of an attempt whose outcome nobody knew proves
    that the message was sent, and no more: a late copy of why that attempt failed must not fail this one. And
    where the outcome was known, somebody re-opened the message in spite of it.
    """
    verdict = verdict_of(event)
    if not 0 < event.attempt < row.attempt or verdict in MOVED_BY_EARLIER_ATTEMPTS:
        return verdict
    return None if str(event.attempt) in row.ses_ids else SENT


def _with_status(row: Row, verdict: Verdict) -> Row:
    if strength(verdict.status, verdict.reason) <= strength(row.status, row.reason):
        return row
    # Nobody owns an attempt whose outcome is known, and nothing is waited for. What was scheduled meanwhile
    # finds a row that waits no longer.
    return replace(
        row,
        status=verdict.status,
        reason=verdict.reason,
        detail="",
        owner="",
        lease_until=None,
        due=None,
        evidence_after=None,
    )


def _with_ses_note(row: Row, note: str) -> Row:
    ours = sorted({note, *(known for known in row.notes if known.startswith(NOTE_PREFIX))})
    others = [known for known in row.notes if not known.startswith(NOTE_PREFIX)]
    return replace(row, notes=(*others, *ours[:MOST_SES_NOTES]))
