"""What can go wrong with the kept bodies."""

from postroad.errors import TransientError


class BodiesUnavailableError(TransientError):
    """The table or the bucket can't be asked now: try again."""
