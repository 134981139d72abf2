"""What a message's row lets an operator do with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.ledger.row import REOPENED

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row

DOUBTFUL = frozenset({Reason.UNKNOWN_OUTCOME, Reason.ATTEMPTS_EXHAUSTED})
"""Reasons of what is held because nobody knows what became of an attempt."""


class WhyLeft(StrEnum):
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
    REFUSED_BY_SES = "refused_by_ses"
    SCHEDULED = "scheduled"
    AWAITING_EVIDENCE = "awaiting_evidence"
    BODY_LOST = "body_lost"
    NOT_HELD = "not_held"
    CHANGED = "changed"
    ERASED = "erased"
    SETTLED = "settled"


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
    """The message is sent again.

    `may_have_been_sent`: nobody knows what became of its last attempt. `was_refused`: SES refused it for
    good, so that sending it again is an act of its own.
    """

    step: Step
    may_have_been_sent: bool = False
    was_refused: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """The message is left alone."""

    why: WhyLeft


Judgement = Redrive | Leave


@dataclass(frozen=True, slots=True)
class Risks:
    """What the operator takes upon himself, beyond the usual.

    `unknown_outcome`: what may have been sent already. `refusal`: what SES refused for good.
    """

    unknown_outcome: bool = False
    refusal: bool = False


ALL_RISKS = Risks(unknown_outcome=True, refusal=True)


def judge(row: Row | None, *, fingerprint: str, risks: Risks, now: datetime) -> Judgement:
    """Say what can be done with a body of this fingerprint, whose message has this row."""
    if row is None:
        return Redrive(Step.NONE)
    if row.is_redacted:
        return Leave(WhyLeft.ERASED)
    # A refusal that could not be parsed has no fingerprint; whatever its body became is judged anew.
    if row.fingerprint != fingerprint and (row.fingerprint or row.status is not Status.INVALID):
        return Leave(WhyLeft.OTHER_BODY)
    match row.status:
        case Status.INVALID:
            return Redrive(Step.NOTE)
        case Status.FAILED:
            return _of_failed(row, risks)
        case Status.HELD:
            return _of_held(row, risks)
        case Status.CLAIMED:
            return _of_claimed(row, now)
        case Status.SCHEDULED:
            return Leave(WhyLeft.SCHEDULED)
        case _:
            return Leave(WhyLeft.SETTLED)


def is_unfinished(row: Row) -> bool:
    """Say whether the row was re-opened, and nothing has come of it yet: the body may not have moved."""
    return row.status is Status.CLAIMED and row.waits_for_operator


def prepared(row: Row, step: Step, *, operator: str, now: datetime) -> Row:
    """Return the row as it stands before the body moves, naming the operator.

    A re-opened row is an attempt that nobody holds: `send` claims the next one over it. What is known of
    earlier attempts stays, so that what is heard of them late still counts.
    """
    was = f"{row.status.value} ({row.reason})" if row.reason else row.status.value
    note = f"re-opened by {operator} on {now:%Y-%m-%d %H:%M:%S} UTC: it was {was}"
    if may_have_been_sent(row):
        note += f", and attempt {row.attempt} may have been sent"
    # Whoever sends it again has mended something: its failures count anew.
    row = replace(row.with_note(note).with_time(REOPENED, now), failures=0)
    if step is not Step.REOPEN:
        return row
    # The generation stays: a pointer from before is then older than any that may follow.
    return replace(
        row,
        status=Status.CLAIMED,
        reason="",
        detail="",
        owner="",
        lease_until=None,
        due=None,
        evidence_after=None,
        expires_at=None,
    )


def may_have_been_sent(row: Row) -> bool:
    """Say whether a held message may have reached its recipient: an attempt ended, and nobody knows how.

    Beside the reasons that say so it is the owner who tells: a row has one only as long as its attempt is
    under way or its outcome unknown (a body that was lost while it awaited evidence).
    """
    return row.status is Status.HELD and row.attempt > 0 and (row.reason in DOUBTFUL or bool(row.owner))


def _of_failed(row: Row, risks: Risks) -> Judgement:
    # SES took an attempt, and then could not build the mail.
    if row.ses_ids:
        return Leave(WhyLeft.TAKEN_BY_SES)
    return Redrive(Step.REOPEN, was_refused=True) if risks.refusal else Leave(WhyLeft.REFUSED_BY_SES)


def _of_held(row: Row, risks: Risks) -> Judgement:
    if not may_have_been_sent(row):
        return Redrive(Step.REOPEN)
    if not risks.unknown_outcome:
        return Leave(WhyLeft.MAY_HAVE_BEEN_SENT)
    return Redrive(Step.REOPEN, may_have_been_sent=True)


def _of_claimed(row: Row, now: datetime) -> Judgement:
    if row.awaits_evidence:
        return Leave(WhyLeft.AWAITING_EVIDENCE)
    if row.owner and row.lease_until is not None and now < row.lease_until:
        return Leave(WhyLeft.BEING_SENT)
    # Open already; or given up by its owner, and then `send` lets evidence decide, once it meets a copy.
    return Redrive(Step.NONE)
