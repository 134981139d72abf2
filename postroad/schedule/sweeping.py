"""The use case: hand out what is due of one stream, oldest first, as far as its queue has room.

The cursor is the minute up to which everything has been handed out. It moves only over minutes that were
emptied, so whatever a run leaves (a crash, a refusal, no room, no time) the next one begins with. Since a
writer may be late, the quarter of an hour before the cursor is read again each time; whatever comes later
still is found by the audit. Only marked minutes are asked for: see `keys`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from postroad.schedule.handing_out import MOST_FAILURES, Handed
from postroad.schedule.pointer import MINUTE, Priority, due_minute, first_read, minute_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from postroad.schedule.handing_out import HandingOut
    from postroad.schedule.pointer import Mark, Pointer
    from postroad.schedule.ports import Schedule, StreamQueue

AHEAD = MINUTE
"""How much further than the present minute is read: the queue hides what is not due yet, so that a message
leaves at its second, whenever in a minute dispatch happens to run."""
LEAD = timedelta(minutes=2)
"""How far ahead of its writer a minute lies at least."""
ROOM = timedelta(minutes=2)
"""A queue is filled with what leaves in so long."""
HELD_BACK = timedelta(hours=1)
"""After so long a pointer that can't be handed out is moved to a later minute: the cursor waits for it no
longer, or each run would read more minutes than the one before."""
MOST_IN_A_ROW = 10
"""Requests that fail with no message handed out in between: then nothing more is asked of this stream."""
MOST_MARKS = 5_000
"""Read at once: eighty hours of which each minute has something."""
PORTION = 500
"""Pointers read at once."""
PIECE = 20
"""Pointers whose bodies are in memory at once, for each thread: one of 1 MiB takes 4 with a single emoji."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a stream's schedule before anything is read of it.

    `first` is the oldest minute that is read, None for the very first; `last` the present one. `marks` are
    those from the first to shortly after the last, all of them unless there are very many.
    """

    stream: str
    cursor: datetime | None
    first: datetime | None
    last: datetime
    marks: Sequence[Mark]

    @property
    def awaited(self) -> datetime | None:
        """Return up to when evidence pointers are due, None if none is."""
        evidence = [mark.minute for mark in self.marks if mark.priority is Priority.EVIDENCE]
        return max((minute + MINUTE for minute in evidence if minute <= self.last), default=None)

    def is_ahead(self, minute: datetime) -> bool:
        """Say whether no run has been through with this minute: what is marked there may well lie there."""
        return self.cursor is None or minute > self.cursor


@dataclass(slots=True)
class Sweep:
    """One run over one stream, and what it found. `room` is how many messages the queue still takes."""

    look: Look
    now: datetime
    may_go_on: Callable[[], bool]
    room: int
    handed: Handed = field(default_factory=Handed)
    moved: int = 0
    failures_in_a_row: int = 0
    oldest: datetime | None = None
    """When the oldest pointer was due that could not be handed out."""

    def add(self, handed: Handed) -> None:
        """Add what became of a portion."""
        self.handed.add(handed)
        self.room -= handed.taken
        if handed.taken or handed.dropped:
            self.failures_in_a_row = 0
        else:
            self.failures_in_a_row += handed.failures
        self.leave(handed.left)

    def leave(self, pointers: Iterable[Pointer]) -> None:
        """Note that these stay for the next run."""
        due = [pointer.due for pointer in pointers]
        self.oldest = min([*due, *([self.oldest] if self.oldest else [])], default=None)

    def leave_unseen(self, minutes: Iterable[datetime]) -> None:
        """Note that there was no time to look at these minutes."""
        for minute in filter(self.look.is_ahead, minutes):
            self.oldest = min(minute, self.oldest or minute)

    @property
    def gave_up(self) -> bool:
        """Say whether so much failed that the next run should try."""
        return self.failures_in_a_row >= MOST_IN_A_ROW

    @property
    def is_over(self) -> bool:
        """Say whether nothing more can be handed out in this run."""
        return self.room <= 0 or self.gave_up or not self.may_go_on()

    @property
    def oldest_seconds(self) -> int:
        """Return for how long the oldest pointer that stays has been due."""
        return max(0, int((self.now - self.oldest).total_seconds())) if self.oldest else 0


class Sweeping:
    """Hands out what is due. Its methods raise ScheduleUnavailableError and QueueUnavailableError."""

    def __init__(
        self,
        *,
        schedule: Schedule,
        queues: Mapping[str, StreamQueue],
        handing_out: Mapping[str, HandingOut],
        threads: int,
    ) -> None:
        """Work on these queues, by stream, with so many pieces at once."""
        self._schedule = schedule
        self._queues = queues
        self._handing_out = handing_out
        self._threads = threads

    def look(self, stream: str, *, now: datetime) -> Look:
        """Read where a stream stands, and which minutes may have something."""
        cursor = self._schedule.cursor(stream)
        last = minute_of(now)
        first = first_read(cursor, now=now)
        marks = self._schedule.marks(stream, first=first, last=last + AHEAD, limit=MOST_MARKS)
        return Look(stream, cursor, first, last, marks)

    def run(self, look: Look, *, now: datetime, rate: float, may_go_on: Callable[[], bool]) -> Sweep:
        """Hand out what the queue has room for: what leaves in two minutes at `rate` mails a second.

        `may_go_on` says whether there is time for another portion.
        """
        minutes = sorted({mark.minute for mark in look.marks})
        sweep = Sweep(look, now, may_go_on, self._room(look.stream, rate) if minutes else 0)
        # Marks that were not read leave open what lies behind the last of them.
        reached = min(minutes[-1], look.last) if len(look.marks) >= MOST_MARKS else look.last
        for minute in minutes:
            if not may_go_on():
                sweep.leave_unseen(each for each in minutes if each >= minute)
            elif self._empty(sweep, minute):
                continue
            reached = min(reached, minute - MINUTE)
            if sweep.is_over:
                break
        self._move_cursor(look, reached)
        return sweep

    def waits_since(self, look: Look, *, may_go_on: Callable[[], bool]) -> datetime | None:
        """Return since when the first pointer of a stream that gets nothing is due, None if none is."""
        minutes = sorted({mark.minute for mark in look.marks if mark.minute <= look.last})
        for minute in minutes:
            if not may_go_on():
                return min(filter(look.is_ahead, minutes), default=None)
            for pointer in self._schedule.due(look.stream, minute, limit=1).pointers:
                return pointer.due
        return None

    def _room(self, stream: str, rate: float) -> int:
        return max(0, ceil(rate * ROOM.total_seconds()) - self._queues[stream].depth())

    def _move_cursor(self, look: Look, reached: datetime) -> None:
        """Move it to what was reached: never back, but where it stands ahead of the time.

        If another run moved it meanwhile, that one's stands: at worst a few minutes are read again.
        """
        to = reached
        if look.cursor is not None and look.cursor <= look.last:
            to = max(reached, look.cursor)
        if to != look.cursor:
            self._schedule.move_cursor(look.stream, to, expected=look.cursor)

    def _empty(self, sweep: Sweep, minute: datetime) -> bool:
        """Hand out what lies under this minute; return whether nothing is left there."""
        left: dict[Pointer, None] = {}
        failures = 0
        while True:
            # One at least is read: what there is no room for is still looked at, for its age.
            most = max(1, min(PORTION, sweep.room))
            due = self._schedule.due(sweep.look.stream, minute, limit=most + len(left))
            fresh = [pointer for pointer in due.pointers if pointer not in left]
            if fresh and (sweep.is_over or failures >= MOST_FAILURES):
                sweep.leave(fresh)
                return False
            handed = self._hand_out(sweep, fresh[:most])
            left |= dict.fromkeys(handed.left)
            failures = 0 if handed.taken else failures + handed.failures
            sweep.add(handed)
            if not due.more and len(fresh) <= most:
                break
        return not left or self._put_off(sweep, minute, left)

    def _hand_out(self, sweep: Sweep, pointers: Sequence[Pointer]) -> Handed:
        """Hand out a portion, in pieces: several at once, begun in their order."""
        work = partial(self._handing_out[sweep.look.stream].hand_out, now=sweep.now)
        pieces = [pointers[at : at + PIECE] for at in range(0, len(pointers), PIECE)]
        handed = Handed()
        if self._threads == 1 or len(pieces) <= 1:
            for piece in pieces:
                handed.add(work(piece))
        else:
            with ThreadPoolExecutor(self._threads, thread_name_prefix="piece") as threads:
                for each in threads.map(work, pieces):
                    handed.add(each)
        return handed

    def _put_off(self, sweep: Sweep, minute: datetime, left: Iterable[Pointer]) -> bool:
        """Move what has been left for long to a later minute; return whether that was done."""
        if sweep.now - minute < HELD_BACK:
            return False
        for pointer in left:
            move(self._schedule, pointer, now=sweep.now)
            sweep.moved += 1
        return True


def move(schedule: Schedule, pointer: Pointer, *, now: datetime) -> None:
    """Let the pointer lie under a minute that is still to come; a crash in between leaves two of them."""
    schedule.put(replace(pointer, minute=due_minute(pointer.due, now=now, lead=LEAD)))
    schedule.remove([pointer])
