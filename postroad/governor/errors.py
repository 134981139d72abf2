"""What can go wrong with asking the governor."""

from postroad.errors import TransientError


class GovernorUnavailableError(TransientError):
    """The table can't be asked for the rate now: try again."""
