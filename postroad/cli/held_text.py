"""What `postroad held` says of each message. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from postroad.contract.words import Status
from postroad.explaining import meanings
from postroad.explaining.decision_record import next_step_of
from postroad.explaining.moments import NOTHING, moment
from postroad.redriving.judging import Leave, WhyLeft, may_have_been_sent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.ledger.row import Row
    from postroad.redriving.holding import DropOutcome

REOPENED = "reopened"
"""Stands for the reason of what was re-opened and has not been claimed since."""
_OF_REOPENED = "An operator re-opened it, and nothing has come of that yet."
_NEXT_OF_REOPENED = (
    "Nothing, if that was just now. If the command was broken off, repeat it: `postroad held release {id}`."
)


def reason_of(row: Row) -> str:
    """Return the word that says why a row waits for an operator."""
    return row.reason if row.status is Status.HELD else REOPENED


def meaning_of(row: Row) -> str:
    """Return a sentence about what that means for this message."""
    if row.status is not Status.HELD:
        return _OF_REOPENED
    said = meanings.of_reason(row.reason)
    if may_have_been_sent(row):
        said += f" Attempt {row.attempt} may have reached its recipient."
    return f"{said} {row.detail}".rstrip()


def next_of(row: Row) -> str:
    """Return what an operator can do, with this message's own words in it."""
    if row.status is not Status.HELD:
        return _NEXT_OF_REOPENED.format(id=row.message_id)
    return next_step_of(row)


def since_of(row: Row) -> str:
    """Return since when it waits, to the second."""
    return moment(row.times.get(Status.HELD.value))


def cells(row: Row) -> tuple[str, ...]:
    """Return a message as a line of the table."""
    return (row.message_id, row.stream, reason_of(row), since_of(row), str(row.attempt))


def as_object(row: Row) -> dict[str, Any]:
    """Return a message as a JSON object."""
    return {
        "message_id": row.message_id,
        "stream": row.stream,
        "status": row.status,
        "reason": reason_of(row),
        "detail": row.detail or None,
        "since": row.times.get(Status.HELD.value),
        "attempts": row.attempt,
        "may_have_been_sent": may_have_been_sent(row),
        "means": meaning_of(row),
        "next": next_of(row),
    }


def grouped(rows: Sequence[Row]) -> list[tuple[str, int, str, str]]:
    """Return each reason, how often it stands there, what it means and what to do; the frequent first."""
    by_reason: dict[str, list[Row]] = {}
    for row in rows:
        by_reason.setdefault(reason_of(row), []).append(row)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        (
            reason,
            len(these),
            _OF_REOPENED if reason == REOPENED else meanings.of_reason(reason),
            next_of(these[0]) if len(these) == 1 else _next_of_many(reason),
        )
        for reason, these in ordered
    ]


def _next_of_many(reason: str) -> str:
    if reason == REOPENED:
        return _NEXT_OF_REOPENED.format(id="<message_id>")
    return meanings.next_step(Status.HELD, reason) or ""


def of_drop(outcome: DropOutcome, row: Row | None) -> str:
    """Return what became of one message that was to be dropped."""
    from postroad.redriving.holding import Dropped  # noqa: PLC0415 - msgspec; see open_stage
    from postroad.redriving.redrive import Interrupted  # noqa: PLC0415 - as above

    match outcome:
        case Dropped(before=True):
            return "was dropped before"
        case Dropped():
            return "is dropped"
        case Leave(WhyLeft.NOT_FOUND):
            return "has not been seen yet"
        case Leave(WhyLeft.CHANGED):
            return "is left alone: it has changed since it was shown. Look at it again"
        case Leave():
            return "is left alone: it is not held" + (f", but {row.status.value}" if row else "")
        case Interrupted(what):
            return f"is not finished: {what}. Repeat the command"
        case never:
            assert_never(never)


def drop_object(message_id: str, outcome: DropOutcome | None, row: Row | None) -> dict[str, Any]:
    """Return one message that was to be dropped as a JSON object; `outcome` is None if it was only shown."""
    from postroad.redriving.holding import Dropped  # noqa: PLC0415 - as above
    from postroad.redriving.redrive import Interrupted  # noqa: PLC0415 - as above

    action, why = "would_drop", None
    match outcome:
        case None:
            pass
        case Dropped():
            action = "dropped"
        case Leave(why=word):
            action, why = "left", word.value
        case Interrupted(what):
            action, why = "interrupted", what
        case never:
            assert_never(never)
    return {
        "message_id": message_id,
        "action": action,
        "why": why,
        "status": row.status if row else None,
        "reason": (row.reason or None) if row else None,
        "may_have_been_sent": row is not None and may_have_been_sent(row),
    }


def drop_question(rows: Sequence[Row]) -> str:
    """Return what to ask before anything is dropped."""
    number = len(rows)
    asked = f"Drop {number} {'message' if number == 1 else 'messages'}? Nothing sends them after that."
    doubtful = sum(map(may_have_been_sent, rows))
    if number == 1:
        asked = "Drop 1 message? Nothing sends it after that."
        return f"{asked} It may have been sent already." if doubtful else asked
    return f"{asked} {doubtful} of them may have been sent already." if doubtful else asked


def dropped_cells(row: Row) -> tuple[str, ...]:
    """Return a message that is to be dropped as a line of the table."""
    doubt = "may have been sent already" if may_have_been_sent(row) else NOTHING
    return (row.message_id, row.stream, row.reason or NOTHING, since_of(row), doubt)
