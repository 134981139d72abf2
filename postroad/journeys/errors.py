"""Errors of journeys that run."""

from postroad.errors import TransientError


class WalksUnavailableError(TransientError):
    """The table of walks can't be reached for now: take the event, or the walk, again."""


class WalkBusyError(TransientError):
    """Others kept changing this walk: take the event again."""


class NotDoneError(TransientError):
    """What a walk decided could not be done for now: it stands in its outbox, and is done again."""
