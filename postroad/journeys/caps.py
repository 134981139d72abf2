"""How often a contact is mailed: at most so many mails of a category within a time. Pure.

What was sent is remembered for as long as the longest cap looks back. Windows roll: three a week is three in
any seven days, in whatever zone the contact lives, and not six around a Sunday's midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` mails within any stretch of this length."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Counted:
    """One mail that was counted."""

    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """What to keep in place of what stood; the mail may go where `free_at` is None, else from then on."""

    counted: tuple[Counted, ...]
    free_at: datetime | None = None


def claim(counted: Sequence[Counted], caps: Sequence[Cap], *, message_id: str, now: datetime) -> Claimed:
    """Count a mail that is about to go, where the caps let it.

    A message is counted once, however often it is tried. Whoever keeps the answer does so on the condition
    that nobody else wrote since `counted` was read: so that of two mails at one moment one waits.
    """
    longest = max((cap.within for cap in caps), default=None)
    kept = tuple(
        each for each in sorted(counted, key=lambda each: each.at) if longest and each.at > now - longest
    )
    if any(each.message_id == message_id for each in kept):
        return Claimed(kept)
    free = [moment for cap in caps if (moment := _free_at(kept, cap, now))]
    if free:
        return Claimed(kept, max(free))
    return Claimed((*kept, Counted(message_id, now)) if caps else kept)


def give_back(counted: Sequence[Counted], *, message_id: str) -> tuple[Counted, ...]:
    """Return what to keep when a mail that was counted did not go after all."""
    return tuple(each for each in counted if each.message_id != message_id)


def _free_at(counted: Sequence[Counted], cap: Cap, now: datetime) -> datetime | None:
    """Return when this cap next lets a mail go; None for now. `counted` is in order of time."""
    within = [each.at for each in counted if each.at > now - cap.within]
    return within[-cap.most] + cap.within if len(within) >= cap.most else None
