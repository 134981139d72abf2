"""What can go wrong with a person's data."""

from postroad.errors import TransientError


class PrivacyUnavailableError(TransientError):
    """A store can't be asked now: run the command again, it goes on where it stopped."""
