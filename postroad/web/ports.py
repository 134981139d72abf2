"""What the pages need of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from postroad.web.answers import Answer
    from postroad.web.requests import Form, Visit


class Counters(Protocol):
    """How often something happened lately, counted by all processes together."""

    def add(self, name: str, *, window: timedelta, now: datetime) -> int:
        """Count once more under `name`; return how often that is in the window that `now` falls in.

        Windows lie side by side from the epoch on. What was counted is forgotten some time after its window.
        Raises CountersUnavailableError.
        """


class Marks(Protocol):
    """By which mail somebody left: on that mail's row, for the counters."""

    def mark(self, message_id: str, address_key: str, topic: str, *, now: datetime) -> None:
        """Note on the message's row that its recipient left, unless it was noted before.

        It is one conditional write, the same whatever the name is: only a row of this address and topic is
        changed, and nobody is told whether there was one. Raises MarkUnavailableError.
        """


class Mailbox(Protocol):
    """Where a message is put so that it is mailed: the queue of a stream."""

    def put(self, message: Mapping[str, object]) -> None:
        """Put a message of `postroad.message.v1` there. Raises NotMailedError."""


class Section(Protocol):
    """What stands behind one route: a use case that answers whoever looks, and whoever sends its form.

    Neither raises for anything that a visitor can send. No answer tells whether an address is known.
    """

    def look(self, visit: Visit, *, now: datetime) -> Answer:
        """Answer GET and HEAD. Nothing changes: scanners open every link of every mail."""

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        """Answer POST, whose form is None where the body was none. Nothing changes but what a form says."""
