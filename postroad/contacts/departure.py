"""What is written when a person leaves, chooses or comes back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.times import MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.contacts.model import Consent, Contact, Waiting
    from postroad.suppression.change import Change
    from postroad.suppression.model import HistoryEntry


@dataclass(frozen=True, slots=True)
class Departure:
    """What to write in one transaction: the suppressions' changes in order, and the contact's new records.

    `contact` is None where nothing of it changes; `waiting` is what somebody said who signed up.
    """

    changes: tuple[Change, ...]
    contact: Contact | None
    consents: tuple[Consent, ...]
    waiting: Waiting | None = None

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.changes) or self.contact is not None


def following(history: Sequence[HistoryEntry], now: datetime) -> datetime:
    """Return `now`, or the moment after the newest line where that is of a clock that is ahead.

    Which of two lines counts is told by their times, and what a person says last must count.
    """
    return max(now, *(line.at + MICROSECOND for line in history)) if history else now
