"""What goes wrong with the emulated cloud, in words that say what to do."""

from postroad.errors import PostroadError


class LocalCloudError(PostroadError):
    """The local stack could not do what was asked; the message says why, and where the log is."""
