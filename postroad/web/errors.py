"""What can go wrong with the pages, in their own words."""

from postroad.errors import TransientError


class CountersUnavailableError(TransientError):
    """It can't be told how often somebody came: let them in, the next time is counted."""


class RingUnavailableError(TransientError):
    """The key ring can't be read."""


class NotMailedError(TransientError):
    """A message could not be put on its queue."""


class MarkUnavailableError(TransientError):
    """The table of messages didn't answer, or asked for less: this leaving is not counted."""
