"""Where the present moment comes from: a port, so that a whole stack can live at another time."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is told to move: for tests and walks under a virtual clock."""

    def __init__(self, at: datetime) -> None:
        """Stand at `at`, an aware time."""
        self.at = at

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self.at
