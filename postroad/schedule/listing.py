"""What waits, soonest first, as an operator looks at it. Pure but for the reading."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.schedule.pointer import MINUTE, first_read, minute_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from postroad.schedule.pointer import Pointer
    from postroad.schedule.ports import Schedule

FURTHEST = timedelta(days=400)
"""No message is scheduled further ahead."""
MARKS = 500
"""Read at once."""


def soonest(
    schedule: Schedule, streams: Iterable[str], *, now: datetime, limit: int
) -> tuple[list[Pointer], bool]:
    """Return up to `limit` pointers of these streams, soonest first, and whether there are more.

    Raises ScheduleUnavailableError.
    """
    found = [pointer for stream in streams for pointer in _of_stream(schedule, stream, now, limit + 1)]
    found.sort(key=lambda pointer: (pointer.due, pointer.message_id, pointer.generation))
    return found[:limit], len(found) > limit


def _of_stream(schedule: Schedule, stream: str, now: datetime, limit: int) -> Iterator[Pointer]:
    left = limit
    for minute in _minutes(schedule, stream, now):
        pointers = schedule.due(stream, minute, limit=left).pointers
        yield from pointers
        left -= len(pointers)
        if left <= 0:
            return


def _minutes(schedule: Schedule, stream: str, now: datetime) -> Iterator[datetime]:
    first = first_read(schedule.cursor(stream), now=now)
    last = minute_of(now) + FURTHEST
    while True:
        marks = schedule.marks(stream, first=first, last=last, limit=MARKS)
        yield from sorted({mark.minute for mark in marks})
        if len(marks) < MARKS:
            return
        first = marks[-1].minute + MINUTE
