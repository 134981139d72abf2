"""What can go wrong with taking events in."""

from postroad.errors import TransientError


class NotQueuedError(TransientError):
    """The queue didn't take the event: send it again, under the same id."""
