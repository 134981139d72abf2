"""Errors say what to do: each class is an action, so that the caller reads as policy."""


class PostroadError(Exception):
    """Base of every error that Postroad raises on purpose."""


class PermanentError(PostroadError):
    """This message can never succeed as it is: record it and acknowledge it."""


class TransientError(PostroadError):
    """It did not happen, and may succeed soon: release it and retry."""


class SystemicError(PostroadError):
    """It did not happen, and no other message would fare better: keep the mail, pause, then ask again."""


class UnknownOutcomeError(PostroadError):
    """It may or may not have happened: never repeat it without evidence."""
