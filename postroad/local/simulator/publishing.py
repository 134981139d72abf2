"""What the listeners need of whatever publishes events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from postroad.local.simulator.mail import SesEvent


class EventPublisher(Protocol):
    """Publishes each event to the topics that asked for it, when it is due, and does not keep its caller."""

    def submit(self, events: Iterable[SesEvent]) -> Future[int]:
        """Queue events; the future ends, with the number given up, once all are settled."""
        ...

    def counts(self) -> dict[str, int]:
        """Tell how many were published, wait, were retried, and were given up, by these words."""
        ...
