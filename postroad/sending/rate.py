"""The place of the account's sending rate in the order of a delivery. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.governor.grant import Grant

if TYPE_CHECKING:
    from datetime import datetime


class UngovernedRate:
    """`Rate` that grants everything at once: nothing is governed."""

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Grant all of them, without waiting."""
        del deadline
        return Grant(count)
