"""What goes wrong with the emulated cloud, in words that say what to do."""

from postroad.errors import PostroadError


class LocalCloudError(PostroadError):
    """The local stack could not do what was asked; the message says why, and where the log is."""

    def __init__(self, what: str, next_step: str = "Mend that, then repeat the command.") -> None:
        """Say what is wrong, and what to do next where the message doesn't."""
        super().__init__(what)
        self.next_step = next_step
