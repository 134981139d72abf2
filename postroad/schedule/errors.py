"""How the table Schedule and the queues that it fills can fail."""

from postroad.errors import TransientError


class ScheduleUnavailableError(TransientError):
    """DynamoDB can't be asked about the schedule now; repeating is safe."""


class QueueUnavailableError(TransientError):
    """A stream's queue can't be asked, or took nothing as far as is known; repeating is safe."""
