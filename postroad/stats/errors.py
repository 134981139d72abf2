"""What can go wrong with counters, in their own words."""

from postroad.errors import TransientError


class StatsUnavailableError(TransientError):
    """The table didn't answer, or asked for less: try again after a pause."""


class StatsBusyError(TransientError):
    """Others kept counting the same shard, or the same counters, at the same time: try again."""
