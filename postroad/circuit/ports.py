"""What the use cases need of a stream's switch."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from postroad.circuit.switch import Switch

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
