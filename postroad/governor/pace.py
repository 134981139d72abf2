"""How a rate is cut into slots of time, so that no second sees more mail than SES takes. Pure.

Moments and lengths are whole microseconds, moments since 1970: exact to add up, in DynamoDB as in here.

SES allows its rate "for short bursts" to be exceeded and says no more
(https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html). Postroad holds to the strictest
reading that lets a rate be used in full: at no moment has more arrived than the rate brings in the time so
far and one second more. Slots never overlap; a slot's mails leave between its beginning and `window` later,
and reach SES within `JITTER` of each other's way. So what arrives in any T seconds was leased in slots that
begin within T + window + JITTER, and the last of them is no longer than `longest`: at the most
rate x (T + window + JITTER + longest) mails. `window + JITTER + longest` is kept within the one second;
docs/decisions/0024 has the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from postroad.times import EPOCH

if TYPE_CHECKING:
    from datetime import datetime

SECOND = 1_000_000

BURST = SECOND
"""What may arrive at once on top of the rate, in time: one second's mails."""
JITTER = SECOND // 5
"""How much longer one mail's way to SES may be than another's, and how far apart two functions' clocks."""
USUAL_SLOT = SECOND // 4
"""A lease is for as many mails as the rate brings in this time: each lease is a write."""
MOST_AT_ONCE = 100
"""Mails in one lease, however high the rate: no process has more threads. The shorter a slot, the longer its
mails may take."""
USUAL_WINDOW = SECOND // 2
"""Between a slot's beginning and the last moment for its mails lie a read, a claim, and the work of all its
mails: what comes too late is released, and costs two writes for nothing."""
SPARE = SECOND // 20
"""Left over of the second where the slots are so short that the window may be longer than usual."""
SHORTEST_WINDOW = SECOND // 5
"""Of a slot for one mail, at rates so low that its time fills the second."""
SLOWEST = 0.001
"""Mails a second: less than a hundred a day is no rate to reckon with."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What follows from a rate, for everybody who leases of it."""

    rate: float
    """Mails a second."""
    most: int
    """Mails in one lease."""
    window: int
    """From a slot's beginning until its mails can't leave any more."""
    pause: int
    """Added to each slot, where even a single mail's time doesn't fit into the second with its window."""

    def length(self, count: int) -> int:
        """Return how long the slot of so many mails is."""
        return math.ceil(count * SECOND / self.rate) + self.pause

    @property
    def longest(self) -> int:
        """Return the length of the longest slot."""
        return self.length(self.most)


@lru_cache(maxsize=64)
def pace_of(rate: float) -> Pace:
    """Return the pace of so many mails a second.

    From four a second on slots last a quarter second at the most. Below, a slot is one mail, and its window
    shrinks; below 1.7 a second slots are kept apart, and up to a third of the rate stays unused: SES counts
    the second mail within a second against an account that has one a second.
    """
    rate = max(rate, SLOWEST)
    most = min(max(1, math.floor(rate * USUAL_SLOT / SECOND)), MOST_AT_ONCE)
    alone = math.ceil(most * SECOND / rate)
    fitting = BURST - JITTER - alone
    window = max(min(fitting, USUAL_WINDOW), fitting - SPARE, SHORTEST_WINDOW)
    # A mail that takes longer than the whole burst needs its full time to itself, whatever it leaves of it.
    pause = max(0, window + JITTER - max(0, BURST - alone))
    return Pace(rate, most, window, pause)


def micros(at: datetime) -> int:
    """Return whole microseconds since 1970, exactly."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment_of(at: int) -> datetime:
    """Return the moment so many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=at)
