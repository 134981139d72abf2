"""The queue of journeys in memory, for fast tests."""

from postroad.intake.errors import NotQueuedError


class MemoryQueue:
    """A `Queue` in a list; `is_down` lets it refuse."""

    def __init__(self) -> None:
        """Begin empty."""
        self.bodies: list[str] = []
        self.is_down = False

    def put(self, body: str) -> None:
        """Put an event into the list; see `Queue.put`."""
        if self.is_down:
            raise NotQueuedError("SQS refused: ServiceUnavailable")
        self.bodies.append(body)
