"""What can go wrong with asking SES about the account."""

from postroad.errors import TransientError


class AccountUnavailableError(TransientError):
    """SES can't be asked about the account now: try again."""
