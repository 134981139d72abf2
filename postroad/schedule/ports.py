"""What the use cases need of the schedule."""

from typing import Protocol

from postroad.schedule.pointer import Pointer


class Pointers(Protocol):
    """Where a message that waits gets its pointer. Writing one again changes nothing."""

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand. Raises ScheduleUnavailableError."""
        ...
