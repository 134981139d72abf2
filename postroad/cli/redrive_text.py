"""What `postroad queues redrive` says of each message. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from postroad.contract.words import Status
from postroad.explaining.moments import NOTHING, moment
from postroad.redriving.judging import Leave, Redrive, Step, WhyLeft

if TYPE_CHECKING:
    from postroad.redriving.redrive import Outcome
    from postroad.redriving.survey import Found

_WHY = {
    WhyLeft.OTHER_STREAM: "its body names another stream: enqueue it there",
    WhyLeft.OTHER_BODY: "its id belongs to another message: enqueue it under an id of its own",
    WhyLeft.NOT_FOUND: "not seen yet, and not among what was found: see `postroad queues`",
    WhyLeft.NO_BODY: "no body of it was found: it is kept no longer, or another run has it in hand for a "
    "quarter of an hour. Try again then; else enqueue it again, under a new id",
    WhyLeft.TOO_LARGE: "it has no created_at, and no room to carry its time along: enqueue it with "
    "created_at",
    WhyLeft.MAY_HAVE_BEEN_SENT: "it may have been sent: find out first. If it did not arrive, "
    "--despite-unknown-outcome sends it again",
    WhyLeft.BEING_SENT: "it is being sent right now",
    WhyLeft.TAKEN_BY_SES: "SES took it, and could not build the mail",
    WhyLeft.REFUSED_BY_SES: "SES refused it for good. If that is mended, name it with --message-id, or say "
    "--status failed",
    WhyLeft.AWAITING_EVIDENCE: "its answer was lost: SES's events decide whether it was sent, and if not, it "
    "is sent again by itself",
    WhyLeft.BODY_LOST: "its body was lost: enqueue it again, under a new id, and drop this one",
    WhyLeft.NOT_HELD: "it is not held",
    WhyLeft.ERASED: "its recipient's data were erased, as they had asked",
    WhyLeft.CHANGED: "it has changed since it was listed: look at it again",
}
_STEP = {
    Step.NOTE: "is judged anew",
    Step.REOPEN: "is re-opened",
}
RISK = "may have been sent already, and then arrives twice"


def of_left(found: Found, left: Leave) -> str:
    """Return why a message is left alone."""
    if left.why is WhyLeft.UNREADABLE and found.unreadable is not None:
        unreadable = found.unreadable
        return f"{unreadable.field} {unreadable.detail}. No run can send it: mend what wrote it"
    if left.why is WhyLeft.SETTLED:
        return f"it has ended since: {found.row.status.value}" if found.row else "it has ended since"
    if left.why is WhyLeft.SCHEDULED:
        due = found.row.due if found.row else None
        return f"it waits for its time{f', {moment(due)}' if due else ''}: it goes by itself"
    return _WHY.get(left.why, left.why.value.replace("_", " "))


def of_redrive(found: Found, redrive: Redrive) -> str:
    """Return what happens to a message."""
    if redrive.may_have_been_sent:
        attempt = f" (attempt {found.row.attempt})" if found.row else ""
        return f"is re-opened; {RISK}{attempt}"
    if redrive.was_refused:
        return "is re-opened, though SES refused it for good"
    if redrive.step is not Step.NONE:
        return _STEP[redrive.step]
    if found.row is None:
        return "not seen yet: is judged for the first time"
    return (
        "is open already: its body moves"
        if not found.row.owner
        else "its last attempt never ended: SES's events decide"
    )


def cells(found: Found) -> tuple[str, ...]:
    """Return a message as a line of a table."""
    judgement = found.judgement
    row = found.row
    what = of_left(found, judgement) if isinstance(judgement, Leave) else of_redrive(found, judgement)
    return (
        found.message_id,
        row.status.value if row else NOTHING,
        (row.reason if row and row.reason else _letter_reason(found)) or NOTHING,
        what,
    )


def as_object(found: Found, outcome: Outcome | None) -> dict[str, Any]:
    """Return a message as a JSON object; `outcome` is None for what was only looked at."""
    from postroad.redriving.redrive import Interrupted, Moved  # noqa: PLC0415 - msgspec; see open_stage

    action, why, what = "would_redrive", None, ""
    match outcome if outcome is not None else found.judgement:
        case Leave() as left:
            action, why, what = "left", left.why.value, of_left(found, left)
        case Redrive() as judgement:
            what = of_redrive(found, judgement)
        case Moved(judgement):
            action, what = "redriven", of_redrive(found, judgement)
        case Interrupted(text):
            action, what = "interrupted", text
        case never:
            assert_never(never)
    row, candidate = found.row, found.candidate
    return {
        "message_id": found.message_id,
        "action": action,
        "why": why,
        "what": what,
        "status": row.status if row else None,
        "reason": (row.reason if row else "") or _letter_reason(found) or None,
        "may_have_been_sent": isinstance(found.judgement, Redrive) and found.judgement.may_have_been_sent,
        "dead_letters": len(candidate.letters) if candidate else int(found.unreadable is not None),
        "kept": bool(candidate and candidate.kept),
    }


def question(found: list[Found]) -> str:
    """Return what to ask before anything is sent again."""
    number = len(found)
    risky = sum(isinstance(each.judgement, Redrive) and each.judgement.may_have_been_sent for each in found)
    refused = sum(isinstance(each.judgement, Redrive) and each.judgement.was_refused for each in found)
    asked = f"Send {number} {'message' if number == 1 else 'messages'} again?"
    if refused:
        asked += " SES refused it for good." if number == 1 else f" SES refused {refused} of them for good."
    if not risky:
        return asked
    if number == 1:
        return f"{asked} It {RISK}."
    return f"{asked} {risky} of them may have been sent already, and then arrive twice."


def is_doubtful(found: Found) -> bool:
    """Say whether only --despite-unknown-outcome would send it again."""
    return (
        isinstance(found.judgement, Leave)
        and found.judgement.why is WhyLeft.MAY_HAVE_BEEN_SENT
        and found.row is not None
        and found.row.status is Status.HELD
    )


def _letter_reason(found: Found) -> str:
    if found.unreadable is not None:
        return found.unreadable.letter.reason
    return found.candidate.reason if found.candidate else ""
