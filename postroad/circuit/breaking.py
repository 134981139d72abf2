"""The breaker: a stream's switch as `send` uses it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.circuit.deciding import LEAST_HIDDEN, Step, look_again_at, tripped
from postroad.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.circuit.ports import Switches


class StreamBreaker:
    """A `Breaker` over the switches."""

    def __init__(self, switches: Switches, stream: str, *, wake: Callable[[str], object]) -> None:
        """Guard this stream; `wake` has dispatch look at it at once, and never raises."""
        self._switches = switches
        self._stream = stream
        self._wake = wake

    def closed_again_at(self, *, now: datetime) -> datetime | None:
        """Return None while the stream runs, else when to look again. Raises a TransientError."""
        return look_again_at(self._switches.read(self._stream), now=now)

    def trip(self, why: str, *, now: datetime) -> datetime:
        """Open the circuit, and have dispatch disable the mapping; see `Breaker.trip`."""
        step = Step(lambda switch: tripped(switch, why, now=now))
        try:
            standing = self._switches.turn(self._stream, step)
        except TransientError:
            # Whether it was written is unknown: then dispatch sees it in a minute, and the next one trips it.
            return now + LEAST_HIDDEN
        if step.made is not None:
            self._wake(self._stream)
        return look_again_at(standing, now=now) or now + LEAST_HIDDEN
