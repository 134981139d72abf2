"""The place of the account's sending rate in the order of a delivery. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class UngovernedRate:
    """`Rate` that grants everything at once: nothing is governed.

    It stands where the account's governor will stand, so that the order (rate, suppressions, claim, request)
    is fixed and tested. Until then SES's own limit is what holds: mails past it are throttled and come back.
    """

    def take(self, count: int, *, now: datetime, deadline: datetime) -> int:
        """Grant all of them, without waiting."""
        del now, deadline
        return count
