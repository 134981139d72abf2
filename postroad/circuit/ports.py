"""What the use cases need of a stream's switch."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from postroad.circuit.mapping import MappingState
from postroad.circuit.switch import Switch
from postroad.contract.stream_event import StreamEvent

Turn = Callable[[Switch], Switch | None]
"""A pure step from the switch that stands to the one that shall stand; None when nothing changes."""


class Switches(Protocol):
    """The switches of all streams; raises a TransientError when they can't be asked."""

    def read(self, stream: str) -> Switch:
        """Return the stream's switch by a consistent read; a running one if nothing is written."""
        ...

    def turn(self, stream: str, turn: Turn) -> Switch:
        """Read, change and write one switch until no one else interferes; return the one that now stands."""
        ...


class Breaker(Protocol):
    """The switch of one stream, as `send` sees it."""

    def closed_again_at(self, *, now: datetime) -> datetime | None:
        """Return None while the stream runs, else when to look again. Raises a TransientError."""
        ...

    def trip(self, why: str, *, now: datetime) -> datetime:
        """Stop the stream because SES takes no mail, and have dispatch act on it at once.

        Returns when to look again; a stream that is stopped already stays as it is. Never raises: what can't
        be written now is tripped by the next one.
        """
        ...


class Mappings(Protocol):
    """The event source mappings of the streams' queues. Its methods raise MappingsUnavailableError."""

    def read(self, stream: str) -> MappingState:
        """Return where the stream's mapping stands."""
        ...

    def ask(self, stream: str, *, enabled: bool) -> MappingState:
        """Have the mapping enabled or disabled, which may take a minute; return where it stands now."""
        ...


class Room(Protocol):
    """What the account's daily quota leaves."""

    def has_room(self, stream: str) -> bool:
        """Say whether a stream that had used up its quota may begin again. Raises a TransientError."""
        ...


class StreamBus(Protocol):
    """Where turns of switches are told."""

    def publish(self, events: Sequence[StreamEvent]) -> set[str]:
        """Publish these; return the ids of those that have certainly been taken. Never raises."""
        ...
