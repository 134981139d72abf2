"""What can go wrong with the pages, in their own words."""

from postroad.errors import TransientError


class CountersUnavailableError(TransientError):
    """It can't be told how often somebody came: let them in, the next time is counted."""
