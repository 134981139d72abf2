"""What can go wrong with asking SES about the account."""

from postroad.errors import PermanentError, TransientError


class AccountUnavailableError(TransientError):
    """SES can't be asked about the account now: try again."""


class AddressRefusedError(PermanentError):
    """SES takes no such address on its list, whenever it is asked."""
