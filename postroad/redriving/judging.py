"""What a message's row lets an operator do with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row

REOPENED = "reopened"
"""The word in a row's times."""


class Why(StrEnum):
    """Why a message is left alone."""

    UNREADABLE = "unreadable"
    OTHER_STREAM = "other_stream"
    OTHER_BODY = "other_body"
    NOT_FOUND = "not_found"
    NO_BODY = "no_body"
    TOO_LARGE = "too_large"
    MAY_HAVE_BEEN_SENT = "may_have_been_sent"
    BEING_SENT = "being_sent"
    TAKEN_BY_SES = "taken_by_ses"
    SETTLED = "settled"
    UNSETTLED = "unsettled"


class Step(StrEnum):
    """What happens to the row before the body moves."""

    NONE = "none"
    """It has none yet, or an open one, or one that `send` will hold."""
    NOTE = "note"
    """`invalid` is no claim: the message is judged anew, and the row says who asked for it."""
    REOPEN = "reopen"
    """It becomes open for the next attempt."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """The message is sent again. `may_have_been_sent`: nobody knows what became of its last attempt."""

    step: Step
    may_have_been_sent: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """The message is left alone."""

    why: Why


Verdict = Redrive | Leave


def judge(row: Row | None, *, fingerprint: str, despite_unknown_outcome: bool, now: datetime) -> Verdict:
    """Say what can be done with a body of this fingerprint, whose message has this row."""
    if row is None:
        return Redrive(Step.NONE)
    # A refusal that could not be parsed has no fingerprint; whatever its body became is judged anew.
    if row.fingerprint != fingerprint and (row.fingerprint or row.status is not Status.INVALID):
        return Leave(Why.OTHER_BODY)
    match row.status:
        case Status.INVALID:
            return Redrive(Step.NOTE)
        case Status.FAILED:
            # SES took an attempt, and then could not build the mail.
            return Leave(Why.TAKEN_BY_SES) if row.ses_ids else Redrive(Step.REOPEN)
        case Status.HELD:
            return _of_held(row, despite_unknown_outcome=despite_unknown_outcome)
        case Status.CLAIMED:
            return _of_claimed(row, now)
        case Status.SCHEDULED:
            return Leave(Why.UNSETTLED)
        case _:
            return Leave(Why.SETTLED)


def is_unfinished(row: Row) -> bool:
    """Say whether the row was re-opened, and nothing has come of it yet: the body may not have moved."""
    return row.status is Status.CLAIMED and not row.owner and REOPENED in row.times


def prepared(row: Row, step: Step, *, operator: str, now: datetime) -> Row:
    """Return the row as it stands before the body moves, naming the operator.

    A re-opened row is an attempt that nobody holds: `send` claims the next one over it. What is known of
    earlier attempts stays, so that what is heard of them late still counts.
    """
    was = f"{row.status.value} ({row.reason})" if row.reason else row.status.value
    note = f"re-opened by {operator} on {now:%Y-%m-%d %H:%M:%S} UTC: it was {was}"
    if _is_unknown(row):
        note += f", and attempt {row.attempt} may have been sent"
    row = row.with_note(note).with_time(REOPENED, now)
    if step is not Step.REOPEN:
        return row
    return replace(
        row, status=Status.CLAIMED, reason="", detail="", owner="", lease_until=None, expires_at=None
    )


def _is_unknown(row: Row) -> bool:
    return row.status is Status.HELD and row.reason == Reason.UNKNOWN_OUTCOME


def _of_held(row: Row, *, despite_unknown_outcome: bool) -> Verdict:
    if not _is_unknown(row):
        return Redrive(Step.REOPEN)
    if not despite_unknown_outcome:
        return Leave(Why.MAY_HAVE_BEEN_SENT)
    return Redrive(Step.REOPEN, may_have_been_sent=True)


def _of_claimed(row: Row, now: datetime) -> Verdict:
    if row.owner and row.lease_until is not None and now < row.lease_until:
        return Leave(Why.BEING_SENT)
    # Open already; or given up by its owner, and then `send` holds it as soon as it meets a copy.
    return Redrive(Step.NONE)
