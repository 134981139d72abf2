"""How the table Schedule can fail."""

from postroad.errors import TransientError


class ScheduleUnavailableError(TransientError):
    """DynamoDB can't be asked about the schedule now; repeating is safe."""
