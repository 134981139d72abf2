"""Time that several functions share: one runs until it pauses, then whoever is due first. Nobody waits."""

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from greenlet import getcurrent, greenlet

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class VirtualTime:
    """A `Clock`, with the `pause` of all who live by it."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self._due: list[tuple[datetime, int, greenlet]] = []
        self._order = itertools.count()
        self._hub: greenlet | None = None

    def now(self) -> datetime:
        return self.at

    def pause(self, seconds: float) -> None:
        """Let the others run for so long."""
        assert self._hub is not None, "nobody pauses before `run`"
        # No pause is shorter than what the clock can show.
        self._wake(getcurrent(), self.at + max(timedelta(seconds=seconds), timedelta(microseconds=1)))
        self._hub.switch()

    def begin(self, work: Callable[[], object], *, after: float = 0) -> None:
        """Begin a function `after` so many seconds."""
        self._wake(greenlet(work, parent=None), self.at + timedelta(seconds=after))

    def run(self, seconds: float) -> None:
        """Let everybody run for so long; who has not ended by then goes on in the next call."""
        self._hub = getcurrent()
        end = self.at + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= end:
            self.at, _, due = heapq.heappop(self._due)
            due.parent = self._hub
            due.switch()
        self.at = end

    def _wake(self, who: greenlet, at: datetime) -> None:
        heapq.heappush(self._due, (at, next(self._order), who))
