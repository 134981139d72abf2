"""What stands in the governor's one item, and what is done to it. Pure.

The item is the memory of all senders of a stage: every change is one conditional write, a `Move`, made
without reading first. `applied` says what a store does with one; the fake does it so, DynamoDB by an
expression, and one contract test holds both to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from postroad.contract.words import StreamKind
from postroad.governor.pace import SECOND

LATE = 600 * SECOND
"""Whoever writes a reading asked SES less long ago. One that is further ahead has a wrong clock behind it."""

PLENTY = 10**15
"""What is left of a daily quota that has no end, or of which nothing is known yet."""


class Lane(StrEnum):
    """Who leases: each lane has a share of the rate before the other, and may use what the other leaves."""

    TRANSACTIONAL = "transactional"
    OTHERS = "others"

    @property
    def farthest(self) -> int:
        """Return how far ahead a slot of the lane's own share may begin.

        Of the others a quarter second less: their longest slot then ends before transactional mail is held
        up, so that it overtakes.
        """
        return SECOND if self is Lane.TRANSACTIONAL else SECOND * 3 // 4


def lane_of(kind: StreamKind) -> Lane:
    """Return the lane in which streams of a kind lease."""
    return Lane.TRANSACTIONAL if kind is StreamKind.TRANSACTIONAL else Lane.OTHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The item. Moments are microseconds since 1970.

    `tat` is GCRA's theoretical arrival time: up to when the rate is leased. `own_transactional` and
    `own_others` are when each lane's own share is next free. `leased` counts the mails ever leased. `room` is
    what is left of the stage's daily quota, `room_beyond_reserve` the same less what is kept for
    transactional mail: it may be negative. `rate` is the stage's, as dispatch wrote it at `read_at`.
    """

    tat: int = 0
    own_transactional: int = 0
    own_others: int = 0
    leased: int = 0
    room: int = PLENTY
    room_beyond_reserve: int = PLENTY
    rate: float | None = None
    read_at: int = 0

    def own(self, lane: Lane) -> int:
        """Return when the lane's own share is next free."""
        return self.own_transactional if lane is Lane.TRANSACTIONAL else self.own_others

    def room_of(self, lane: Lane) -> int:
        """Return how many mails the quota leaves to a lane."""
        return self.room if lane is Lane.TRANSACTIONAL else self.room_beyond_reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One lease: made if `lowest` <= tat <= `highest`, the quota has room, and the lane's share is free.

    And if `rate` is what stands: by an older one its slot may be far too short.

    The slot begins where tat stands; at `begins_at`, if that is given, where nobody is using the rate. Of the
    lane's own share it is if `own` is given: then the lane's own moment must not lie after the first of the
    two, and goes to the second.
    """

    lane: Lane
    count: int
    length: int
    lowest: int
    highest: int
    rate: float | None
    begins_at: int | None = None
    own: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Righting:
    """Sets right what no lease can have written: made if the three moments are still as in `seen`."""

    seen: State
    tat: int
    own_transactional: int
    own_others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What dispatch learnt from SES.

    `room` and `room_beyond_reserve` held when `leased` mails had been leased: what was leased since is taken
    off as it is written. `at` is when SES was asked.
    """

    rate: float
    room: int
    room_beyond_reserve: int
    leased: int
    at: int


def applied(state: State, move: Move) -> State | None:
    """Return what stands after a lease, or None if it can't be made."""
    if not move.lowest <= state.tat <= move.highest or state.room_of(move.lane) < move.count:
        return None
    if state.rate != move.rate:
        return None
    begins_at = state.tat if move.begins_at is None else move.begins_at
    moved = replace(
        state,
        tat=begins_at + move.length,
        leased=state.leased + move.count,
        room=state.room - move.count,
        room_beyond_reserve=state.room_beyond_reserve - move.count,
    )
    if move.own is None:
        return moved
    latest, until = move.own
    if state.own(move.lane) > latest:
        return None
    if move.lane is Lane.TRANSACTIONAL:
        return replace(moved, own_transactional=until)
    return replace(moved, own_others=until)


def righted(state: State, righting: Righting) -> State | None:
    """Return what stands after it was set right, or None if somebody moved it first."""
    seen = righting.seen
    if (state.tat, state.own_transactional, state.own_others) != (
        seen.tat,
        seen.own_transactional,
        seen.own_others,
    ):
        return None
    return replace(
        state,
        tat=righting.tat,
        own_transactional=righting.own_transactional,
        own_others=righting.own_others,
    )


def learnt(state: State, reading: Reading) -> State | None:
    """Return what stands after a reading, or None if a newer one is there already."""
    if reading.at < state.read_at <= reading.at + LATE or state.leased < reading.leased:
        return None
    since = state.leased - reading.leased
    return replace(
        state,
        rate=reading.rate,
        room=reading.room - since,
        room_beyond_reserve=reading.room_beyond_reserve - since,
        read_at=reading.at,
    )
