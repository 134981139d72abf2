"""What can go wrong with counting how often a person is mailed."""

from postroad.errors import TransientError


class CapsUnavailableError(TransientError):
    """What was counted can't be read or written right now; try again."""
