"""What SES says of quota and rate, made into what the stage may lease. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from postroad.account.ports import UNLIMITED, Quota
from postroad.governor.leasing import UNKNOWN_RATE
from postroad.governor.pace import JITTER, SECOND, pace_of
from postroad.governor.state import PLENTY, Lane, Reading, State

ROOM = 0.01
"""The part of its daily quota that must be free before a stream begins again that had used it up. Quota comes
back mail by mail as yesterday's leave the last 24 hours: with a single one free it would stop at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a stage may have of its account.

    `share` is its part of rate and quota; `rate` the account's rate as configured, or 0 where SES alone knows
    it; `reserve` the part of the stage's daily quota that only transactional mail may use.
    """

    share: float
    rate: float
    reserve: float

    @property
    def presumed_rate(self) -> float:
        """Return the stage's rate while SES can't be asked."""
        return (self.rate or UNKNOWN_RATE) * self.share


def reading_of(quota: Quota, stage: Stage, before: State, *, noted_at: int, asked_at: int) -> Reading:
    """Return what the stage may lease, by SES's answer.

    `before` is what stood at `noted_at`, before SES was asked at `asked_at`. What was leased by then is in
    SES's count, but for mails still under way: their slots are not over, and they are taken off. What is
    leased later the store takes off: of that SES may have counted some, and the next reading gives it back.

    Each stage of several takes its share of what is left, which together is no more than is left, whatever
    each has sent before.
    """
    # Of no rate at all nothing can be leased: if SES says so, it takes no mail, and tells that to each.
    known = [rate for rate in (quota.per_second, stage.rate) if 0 < rate < math.inf]
    rate = min(known, default=UNKNOWN_RATE)
    room = beyond = PLENTY
    if quota.max_24_hours != UNLIMITED:
        room = math.floor(quota.left * stage.share) - _under_way(before, stage, noted_at)
        beyond = room - math.ceil(quota.max_24_hours * stage.share * stage.reserve)
    return Reading(
        rate=rate * stage.share,
        room=room,
        room_beyond_reserve=beyond,
        leased=before.leased,
        at=asked_at,
    )


def lets_begin(quota: Quota, stage: Stage, state: State, lane: Lane) -> bool:
    """Say whether a stream that had used up its quota may begin again."""
    if quota.max_24_hours == UNLIMITED:
        return True
    its = stage.share if lane is Lane.TRANSACTIONAL else stage.share * (1 - stage.reserve)
    return state.room_of(lane) >= max(1.0, ROOM * quota.max_24_hours * its)


def _under_way(state: State, stage: Stage, now: int) -> int:
    """Return how many mails, at the most, are leased and not yet with SES."""
    pace = pace_of(state.rate or stage.presumed_rate)
    leased_until = min(state.tat, now + SECOND + pace.longest)
    open_since = now - pace.window - JITTER
    return math.ceil(max(0, leased_until - open_since) * pace.rate / SECOND)
