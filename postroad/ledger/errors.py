"""What can go wrong with the ledger, in its own words."""

from postroad.errors import TransientError


class LedgerBusyError(TransientError):
    """Others kept changing the row between our read and our write: try again."""


class LedgerUnavailableError(TransientError):
    """The table didn't answer, or asked for less: try again after a pause."""
