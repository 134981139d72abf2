"""The waiting: one process's way to its slots. Pure: clock, sleep and chance are arguments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.governor.grant import Grant, Shortage
from postroad.governor.leasing import Wait, begins_at, next_step
from postroad.governor.pace import SECOND, micros, moment_of, pace_of
from postroad.governor.state import Move, Righting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.governor.leasing import Terms
    from postroad.governor.ports import Slots
    from postroad.governor.state import State

WIDEST = SECOND
"""Over how long, at most, those who wait for the same moment spread."""
PATIENCE = 3 * SECOND
"""Who has waited so long comes without delay: so luck evens out among those who wait."""


class GovernedRate:
    """`Rate` of one process of one stream; for one thread at a time.

    What it knows is what its last write brought. From that it reckons what to try, and how long to sleep
    where trying would be in vain. Where several wait for the same moment one is first, and each of the others
    has paid for a write: so whoever has been beaten comes a little later the next time, by chance, and ever
    later until it is about as often first as second; whoever has not comes sooner again.
    """

    def __init__(
        self,
        slots: Slots,
        terms: Terms,
        *,
        clock: Clock,
        pause: Callable[[float], object],
        chance: Callable[[], float],
        on_righting: Callable[[timedelta], object],
    ) -> None:
        """Lease on these terms. `pause` takes seconds; `chance` gives numbers from 0 to below 1.

        `on_righting` is told how far ahead the rate seemed to be leased, when that was put right.
        """
        self._slots = slots
        self._terms = terms
        self._clock = clock
        self._pause = pause
        self._chance = chance
        self._on_righting = on_righting
        self._state: State | None = None
        self._spread = 0

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Lease room for up to `count` mails, in a slot that begins by `deadline`, and wait until it does."""
        latest = micros(deadline)
        began = self._now()
        is_fresh = self._state is None
        state = self._state or self._slots.read()
        beaten = False
        while True:
            now = self._now()
            step = next_step(state, self._terms, count, now=now, latest=latest)
            match step:
                case Move():
                    answer = self._slots.lease(step)
                    self._state, beaten = answer.state, not answer.done
                    state, is_fresh = answer.state, True
                    if answer.done and (grant := self._in_time(step, state)) is not None:
                        return grant
                case Wait(until):
                    if until > latest:
                        return Grant(0, None, Shortage.TIME)
                    if beaten:
                        self._spread = min(max(2 * self._spread, self._slot(state)), WIDEST)
                        beaten = False
                    self._sleep(until + self._delay(now - began), latest)
                case Righting():
                    self._on_righting(timedelta(microseconds=state.tat - now))
                    state = self._state = self._slots.put_right(step).state
                case Shortage():
                    if is_fresh:
                        return Grant(0, None, step)
                    # What it remembers may be long past: dispatch reads a new quota each minute.
                    state, is_fresh = self._slots.read(), True
                    self._state = state

    def _in_time(self, move: Move, after: State) -> Grant | None:
        """Wait for the slot; None if its time was slept through, as in a function that was frozen."""
        self._spread //= 2
        begins = begins_at(move, after)
        until = begins + pace_of(after.rate or self._terms.rate).window
        self._sleep(begins, begins)
        return Grant(move.count, moment_of(until)) if self._now() < until else None

    def _delay(self, waited: int) -> int:
        patience = max(0.0, 1 - waited / PATIENCE)
        return int(self._chance() * self._spread * patience)

    def _slot(self, state: State) -> int:
        return pace_of(state.rate or self._terms.rate).longest

    def _sleep(self, until: int, latest: int) -> None:
        """Sleep until a moment, but not past `latest`; a sleep may end early."""
        until = min(until, latest)
        while (left := until - self._now()) > 0:
            self._pause(left / SECOND)

    def _now(self) -> int:
        return micros(self._clock.now())
