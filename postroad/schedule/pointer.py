"""A pointer to a message that waits: where and when it is due. Its body lies in Bodies. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

OVERLAP = timedelta(minutes=15)
"""How long before the cursor a minute is read again: a writer may be late."""
MINUTE = timedelta(minutes=1)


class Priority(IntEnum):
    """What leaves first of what is due in one minute: the lower."""

    EVIDENCE = 1
    """An unknown outcome that may be decided now: the oldest mail of all."""
    USUAL = 5

    @classmethod
    def _missing_(cls, value: object) -> Priority | None:
        # A number of later, met after a rollback: its pointers leave in their order, and hold up no others.
        if not isinstance(value, int):
            return None
        later = int.__new__(cls, value)
        later._name_, later._value_ = f"OF_LATER_{value}", value
        return later


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One message's turn.

    `generation` is the row's when the pointer was made: whoever pops an older one than the row's drops it.
    `fingerprint` finds the body. `due` is when the message may leave; `minute` under which minute the pointer
    lies, which is never before `due`'s and at least the lead ahead of the writer.
    """

    stream: str
    message_id: str
    fingerprint: str
    generation: int
    due: datetime
    minute: datetime
    priority: Priority = Priority.USUAL


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """That pointers of this priority lie under this minute, or lay there."""

    minute: datetime
    priority: Priority


def minute_of(at: datetime) -> datetime:
    """Return the minute that a moment lies in."""
    return at.replace(second=0, microsecond=0)


def first_read(cursor: datetime | None, *, now: datetime) -> datetime | None:
    """Return the oldest minute that dispatch reads from now on, None for the very first.

    A cursor ahead of the time was moved by a clock that was wrong: what is due is read all the same.
    """
    return None if cursor is None else min(cursor, minute_of(now)) - OVERLAP


def due_minute(due: datetime, *, now: datetime, lead: timedelta) -> datetime:
    """Return the minute for a pointer that is written now.

    It is the minute that `due` lies in, or, where that is nearer than `lead`, the first that is not: dispatch
    may have swept a nearer one before the pointer stands.
    """
    return max(minute_of(due), minute_of(now + lead + MINUTE - timedelta(microseconds=1)))
