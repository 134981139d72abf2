"""What can go wrong with the queues."""

from postroad.errors import TransientError


class QueueUnavailableError(TransientError):
    """The queue did not do what it was asked, or did and did not say so: try again."""
