"""What the use cases need of the evidence."""

from datetime import datetime
from typing import Protocol

from postroad.evidence.canary import CanaryAnswer


class Watermarks(Protocol):
    """Up to which send time SES's events of a stream have been applied."""

    def read(self, stream: str) -> datetime | None:
        """Return the watermark, or None while there is none; an older one than now stands does no harm.

        Of a mail that SES accepted before it, every event that SES made by then has been applied to its row.
        Raises a TransientError.
        """
        ...


class Canaries(Protocol):
    """Sends a stream's canary by the stream's own function, role, sender and configuration set."""

    def send(self, stream: str) -> CanaryAnswer:
        """Send one and say how it fared; `unknown` too where the function itself can't be asked."""
        ...
