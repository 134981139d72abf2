"""Time that passes only when everybody waits: many processes, written as plain functions, in one thread."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from postroad.governor.pace import SECOND, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BEGINNING = 1_795_356_000 * SECOND
"""Some afternoon of November 2026, in microseconds since 1970."""


class VirtualTime:
    """A clock, and whoever waits for it. What is due at the same moment comes in the order of asking."""

    def __init__(self) -> None:
        """Begin at second 0."""
        self._now = BEGINNING
        self._due: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()
        self._hub = getcurrent()

    @property
    def seconds(self) -> float:
        """How much time has passed."""
        return (self._now - BEGINNING) / SECOND

    def now(self) -> datetime:
        """Return the present moment."""
        return moment_of(self._now)

    def at(self, seconds: float, do: Callable[[], object]) -> None:
        """Have something done when so many seconds will have passed since the beginning."""
        due = max(self._now, BEGINNING + round(seconds * SECOND))
        heapq.heappush(self._due, (due, next(self._order), do))

    def start(self, work: Callable[[], object], *, at: float = 0.0) -> None:
        """Start a process at this second; it may sleep."""
        self.at(at, greenlet(work, parent=self._hub).switch)

    def sleep(self, seconds: float) -> None:
        """Let time pass, within a process."""
        self.at(self.seconds + max(0.0, seconds), getcurrent().switch)
        self._hub.switch()

    def run(self, until: float) -> None:
        """Let so many seconds pass, and leave whoever still waits where it is."""
        end = BEGINNING + round(until * SECOND)
        while self._due and self._due[0][0] <= end:
            self._now, _, do = heapq.heappop(self._due)
            do()
        self._now = end
