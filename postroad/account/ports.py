"""What the use cases need to know of the account."""

from dataclasses import dataclass
from typing import Protocol

UNLIMITED = -1.0
"""What SES says of an account whose daily quota has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the account may send in one Region, and has sent: recipients, as SES counts them.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
    """

    max_24_hours: float
    """In any 24 hours; `UNLIMITED` where there is no such limit."""
    per_second: float
    sent_24_hours: float
    """In the last 24 hours; SES is some minutes behind."""

    @property
    def left(self) -> float:
        """Return how many mails may leave before the daily quota is reached; infinite where there is none."""
        if self.max_24_hours == UNLIMITED:
            return float("inf")
        return max(0.0, self.max_24_hours - self.sent_24_hours)


class Account(Protocol):
    """SES's own numbers."""

    def read(self) -> Quota:
        """Ask SES now; it allows one such request a second. Raises AccountUnavailableError."""
        ...
