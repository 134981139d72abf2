"""What can go wrong with activity, in its own words."""

from postroad.errors import TransientError


class ActivityUnavailableError(TransientError):
    """The table didn't answer, or asked for less: try again after a pause."""


class ActivityBusyError(TransientError):
    """Others kept changing the same contact between our read and our write: try again."""
