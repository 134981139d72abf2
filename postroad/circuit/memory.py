"""A stream's breaker in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

from datetime import datetime, timedelta

LOOK_AGAIN = timedelta(minutes=1)


class MemoryBreaker:
    """`Breaker` of one stream that notes why it was tripped."""

    def __init__(self) -> None:
        """Begin with the stream running."""
        self.trips: list[str] = []
        self.stopped = False

    def closed_again_at(self, *, now: datetime) -> datetime | None:
        """Return None while the stream runs, else when to look again."""
        return now + LOOK_AGAIN if self.stopped else None

    def trip(self, why: str, *, now: datetime) -> datetime:
        """Stop the stream."""
        if not self.stopped:
            self.trips.append(why)
        self.stopped = True
        return now + LOOK_AGAIN

    def close(self) -> None:
        """Let the stream run again."""
        self.stopped = False
