"""When a stream needs a canary, and how long its evidence has been owing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What is remembered of a stream's canaries between two minutes.

    `accepted_at` is when the latest canary was sent that SES took. `owing_since` is the oldest moment at
    which a canary was wanted, and which the watermark hasn't reached; None while nothing is owing. `version`
    grows by one with each write; 0 means that nothing is written yet.
    """

    accepted_at: datetime | None = None
    owing_since: datetime | None = None
    version: int = 0


def wants_canary(
    *,
    now: datetime,
    accepted_at: datetime | None,
    watermark: datetime | None,
    awaited: datetime | None,
    every: timedelta,
) -> bool:
    """Say whether a stream shall send a canary in this minute.

    `awaited` is the latest due time of its evidence pointers that are due: while the watermark isn't past it,
    each minute's canary may be the one that decides them. Otherwise one in each `every` shows that the path
    of the events works before anybody depends on it. One that SES didn't take is sent again a minute later.
    """
    if awaited is not None and (watermark is None or watermark <= awaited):
        return True
    # One of a time to come was sent under a clock that was wrong.
    return accepted_at is None or not timedelta(0) <= now - accepted_at < every


def owing_since(patience: Patience, watermark: datetime | None) -> datetime | None:
    """Return since when evidence is owing under this watermark; None if nothing is.

    What the watermark has reached is paid. A canary that was accepted since is then owing from its own time
    on: those between the two are forgotten, which makes the age too low, and for a while only.
    """
    owing = patience.owing_since
    if owing is None or watermark is None or watermark < owing:
        return owing
    latest = patience.accepted_at
    return None if latest is None or latest <= watermark else latest
