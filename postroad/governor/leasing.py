"""Whether to lease now, to wait, or that there is nothing to be had. Pure.

A slot may begin up to `BORROWED` ahead of now for anybody: so an idle rate is used by whoever has work, and
no moment of it is lost while somebody waits. Beyond that, up to the lane's `farthest`, it must be of the
lane's own share. The shares add up to the rate: under a flood of both lanes each gets just its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.governor.grant import Shortage
from postroad.governor.pace import SECOND, pace_of
from postroad.governor.state import Lane, Move, Righting, lane_of

if TYPE_CHECKING:
    from postroad.contract.words import StreamKind
    from postroad.governor.state import State

BORROWED = SECOND // 2
"""How far ahead a slot may begin that is of nobody's own share."""
CATCH_UP = SECOND // 10
"""Whoever comes so little after the rate was last leased goes on where it ended: else each late sender would
leave a gap behind. Its slot began in the past, and its mails have that much less time."""
SAVED = SECOND // 4
"""How long a lane's own share keeps what it didn't use: who waits for it comes a little late, by chance."""
ABSURD = 5 * SECOND
"""So far beyond what anybody can lease, a moment was written by a clock that went wrong."""

UNKNOWN_RATE = 1.0
"""Mails a second until SES has been asked: what a new account has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a stream may lease: its lane, that lane's share of the rate, and the rate until one is read."""

    lane: Lane
    share: float
    rate: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to be had before this moment, at the earliest."""

    until: int


Step = Move | Wait | Shortage | Righting


def terms_of(kind: StreamKind, *, transactional_share: float, rate: float) -> Terms:
    """Return the terms of streams of a kind; `rate` is the stage's until SES has been asked."""
    lane = lane_of(kind)
    share = transactional_share if lane is Lane.TRANSACTIONAL else 1 - transactional_share
    return Terms(lane=lane, share=share, rate=rate)


def next_step(state: State, terms: Terms, count: int, *, now: int, latest: int) -> Step:
    """Say what to do for up to `count` mails, in a slot that begins by `latest`, by what is known."""
    pace = pace_of(state.rate or terms.rate)
    if (righting := _righting(state, terms, now=now)) is not None:
        return righting
    room = state.room_of(terms.lane)
    if room < 1:
        return Shortage.QUOTA
    if max(now, state.tat) > latest:
        return Shortage.TIME
    count = min(count, pace.most, room)
    length = pace.length(count)
    lowest = now - CATCH_UP
    if state.tat < lowest:
        return Move(
            lane=terms.lane,
            count=count,
            length=length,
            lowest=0,
            highest=lowest - 1,
            rate=state.rate,
            begins_at=now,
        )
    if state.tat <= now + BORROWED:
        highest = min(now + BORROWED, latest)
        return Move(
            lane=terms.lane, count=count, length=length, lowest=lowest, highest=highest, rate=state.rate
        )
    borrowed_at = state.tat - BORROWED
    if not terms.share:
        return Wait(borrowed_at)
    own_at = max(state.own(terms.lane), state.tat - terms.lane.farthest)
    if own_at > now:
        return Wait(min(borrowed_at, own_at))
    used = max(state.own(terms.lane), now - SAVED)
    return Move(
        lane=terms.lane,
        count=count,
        length=length,
        lowest=lowest,
        highest=min(now + terms.lane.farthest, latest),
        rate=state.rate,
        own=(used, used + math.ceil(length / terms.share)),
    )


def begins_at(move: Move, after: State) -> int:
    """Return when the slot of a lease begins, of which `after` is what stands then."""
    return after.tat - move.length


def _righting(state: State, terms: Terms, *, now: int) -> Righting | None:
    """Undo what a clock far ahead of this one wrote.

    Whatever was leased by right ends within the farthest and the longest slot from now: tat goes there.
    """
    longest = pace_of(state.rate or terms.rate).longest
    end = now + SECOND + longest
    tat = state.tat if state.tat <= end + ABSURD else end
    owns = {lane: state.own(lane) for lane in Lane}
    if terms.share and owns[terms.lane] > now + math.ceil(longest / terms.share) + ABSURD:
        owns[terms.lane] = now
    if tat == state.tat and owns[terms.lane] == state.own(terms.lane):
        return None
    return Righting(state, tat, owns[Lane.TRANSACTIONAL], owns[Lane.OTHERS])
