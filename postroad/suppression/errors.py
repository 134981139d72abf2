"""What can go wrong with the suppressions, in their own words."""

from postroad.errors import TransientError


class SuppressionsBusyError(TransientError):
    """Others kept changing the address between our read and our write: try again."""


class SuppressionsUnavailableError(TransientError):
    """The table didn't answer, or asked for less: try again after a pause."""
