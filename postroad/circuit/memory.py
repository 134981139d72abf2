"""The switches in memory, and a breaker that a test sets by hand."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from postroad.circuit.errors import SwitchesUnavailableError
from postroad.circuit.switch import Switch

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.circuit.ports import Turn

LOOK_AGAIN = timedelta(minutes=1)


class MemorySwitches:
    """`Switches` in a dictionary; `is_unavailable` makes every call fail as if DynamoDB couldn't be asked."""

    def __init__(self) -> None:
        """Begin with every stream running."""
        self._switches: dict[str, Switch] = {}
        self._lock = Lock()
        self.is_unavailable = False

    def read(self, stream: str) -> Switch:
        """Return the stream's switch."""
        if self.is_unavailable:
            raise SwitchesUnavailableError("the switches can't be asked")
        return self._switches.get(stream, Switch(stream=stream))

    def turn(self, stream: str, turn: Turn) -> Switch:
        """Change one switch while nobody else does."""
        with self._lock:
            standing = self.read(stream)
            wanted = turn(standing)
            if wanted is None:
                return standing
            self._switches[stream] = wanted
            return wanted


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
