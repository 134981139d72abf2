"""How often a contact is mailed: at most so many mails of a category within a time. Pure.

What was sent is remembered for as long as the longest cap looks back. Windows roll: three a week is three in
any seven days, in whatever zone the contact lives, and not six around a Sunday's midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PERIODS: dict[str, timedelta] = {
    "per_day": timedelta(hours=24),
    "per_week": timedelta(days=7),
    "per_month": timedelta(days=30),
}
"""How far back each cap of the configuration looks."""


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


def caps_of(most: Mapping[str, int]) -> tuple[Cap, ...]:
    """Return the caps of one category: `per_day`, `per_week`, `per_month`, each with how many at most."""
    return tuple(Cap(most[name], within) for name, within in PERIODS.items() if name in most)


def claim(counted: Sequence[Counted], caps: Sequence[Cap], *, message_id: str, now: datetime) -> Claimed:
    """Count a mail that is about to go, where the caps let it.

    A message is counted once, however often it is tried: one that was counted before is weighed against the
    others alone, and keeps its time until `renew` moves it. Whoever keeps the answer does so on the condition
    that nobody else wrote since `counted` was read: so that of two mails at one moment one waits.
    """
    longest = max((cap.within for cap in caps), default=None)
    kept = tuple(
        each for each in sorted(counted, key=lambda each: each.at) if longest and each.at > now - longest
    )
    others = give_back(kept, message_id=message_id)
    free = [moment for cap in caps if (moment := _free_at(others, cap, now))]
    if free:
        return Claimed(kept, max(free))
    if len(others) < len(kept) or not caps:
        return Claimed(kept)
    return Claimed((*kept, Counted(message_id, now)))


def renew(counted: Sequence[Counted], caps: Sequence[Cap], *, message_id: str, now: datetime) -> Claimed:
    """Count a mail as of now that was counted a while ago and is only now about to go.

    Else one that waited for its rate, or for SES, would make room for the next one too soon.
    """
    others = give_back(counted, message_id=message_id)
    claimed = claim(others, caps, message_id=message_id, now=now)
    return claimed if claimed.free_at is None else Claimed(tuple(counted), claimed.free_at)


def give_back(counted: Sequence[Counted], *, message_id: str) -> tuple[Counted, ...]:
    """Return what to keep when a mail that was counted did not go after all."""
    return tuple(each for each in counted if each.message_id != message_id)


def _free_at(counted: Sequence[Counted], cap: Cap, now: datetime) -> datetime | None:
    """Return when this cap next lets a mail go; None for now. `counted` is in order of time."""
    within = [each.at for each in counted if each.at > now - cap.within]
    return within[-cap.most] + cap.within if len(within) >= cap.most else None
