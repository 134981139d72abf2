"""What the circuit works with, in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from postroad.circuit.errors import MappingsUnavailableError, SwitchesUnavailableError
from postroad.circuit.mapping import MappingState
from postroad.circuit.switch import Switch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.circuit.ports import Turn
    from postroad.contract.stream_event import StreamEvent

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


class MemoryMappings:
    """`Mappings` that move at once, or after so many reads as `lag` says, as Lambda's take their time."""

    def __init__(self, *, lag: int = 0) -> None:
        """Begin with every mapping enabled."""
        self._states: dict[str, MappingState] = {}
        self._lag = lag
        self._left: dict[str, int] = {}
        self.asked: list[tuple[str, bool]] = []
        """What was asked for, in order: the stream, and whether it was to be enabled."""
        self.is_unavailable = False

    def read(self, stream: str) -> MappingState:
        """Return where the mapping stands; a mapping on its way gets on by being looked at."""
        if self.is_unavailable:
            raise MappingsUnavailableError("the mapping can't be asked")
        state = self._states.get(stream, MappingState.ENABLED)
        if state in _ARRIVES:
            self._left[stream] -= 1
            if self._left[stream] <= 0:
                state = self._states[stream] = _ARRIVES[state]
        return state

    def ask(self, stream: str, *, enabled: bool) -> MappingState:
        """Move a mapping that isn't on its way already."""
        if self.is_unavailable:
            raise MappingsUnavailableError("the mapping can't be asked")
        self.asked.append((stream, enabled))
        state = self._states.get(stream, MappingState.ENABLED)
        if state not in _ARRIVES and not state.is_settled(enabled=enabled):
            on_its_way = MappingState.ENABLING if enabled else MappingState.DISABLING
            self._left[stream] = self._lag
            self._states[stream] = on_its_way if self._lag else _ARRIVES[on_its_way]
        return self._states.get(stream, MappingState.ENABLED)


_ARRIVES = {
    MappingState.ENABLING: MappingState.ENABLED,
    MappingState.DISABLING: MappingState.DISABLED,
}


class MemoryStreamBus:
    """A `StreamBus` that keeps what it was given, and takes nothing while `is_unavailable`."""

    def __init__(self) -> None:
        """Begin empty."""
        self.events: list[StreamEvent] = []
        self.is_unavailable = False

    def publish(self, events: Sequence[StreamEvent]) -> set[str]:
        """Take the events."""
        if self.is_unavailable:
            return set()
        self.events.extend(events)
        return {event.id for event in events}
