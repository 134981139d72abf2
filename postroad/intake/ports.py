"""What taking events in needs of the world."""

from typing import Protocol


class Queue(Protocol):
    """The queue of journeys."""

    def put(self, body: str) -> None:
        """Put an event on it. Raises NotQueuedError: then it isn't there, and may be sent again."""
