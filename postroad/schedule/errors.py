"""How the table Schedule and the queues that it fills can fail."""

from postroad.errors import TransientError


class ScheduleUnavailableError(TransientError):
    """DynamoDB can't be asked about the schedule now; repeating is safe."""

    def __init__(self, what: str = "the schedule can't be asked", *, code: str = "") -> None:
        """Say what is wrong; `code` is DynamoDB's, if it answered."""
        super().__init__(what)
        self.code = code


class QueueUnavailableError(TransientError):
    """A stream's queue can't be asked, or took nothing as far as is known; repeating is safe."""
