"""The waiting: one process's way to its slots. Pure: clock, sleep and chance are arguments."""

from __future__ import annotations

from dataclasses import replace
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

SPREAD = SECOND // 5
"""Where several wait for the same moment each comes up to so much later, by chance: a lot less than slots may
be leased ahead, so that no time passes unleased while they dither."""
LATELY = SECOND
"""Whoever leased within so long is presumed to be at it still."""
PATIENCE = 2 * SECOND
"""Whoever has waited so long comes without delay, and so before the others."""


class GovernedRate:
    """`Rate` of one process of one stream; for one thread at a time.

    What it knows is what its last write brought. From that it reckons what to try, and how long to sleep
    where trying would be in vain. While others lease too this is soon old: whoever was beaten to a slot looks
    before each try, since a read costs a fifth of a write that isn't made.
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
        self._crowded = False
        self._shared = False

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Lease room for up to `count` mails, in a slot that begins by `deadline`, and wait until it does.

        Raises GovernorUnavailableError.
        """
        latest = micros(deadline)
        began = self._now()
        state, is_fresh = self._look()
        leased_before = state.leased
        was_beaten = waited = False
        while True:
            now = self._now()
            step = next_step(state, self._terms, count, now=now, latest=latest)
            match step:
                case Move():
                    answer = self._slots.lease(step)
                    state, is_fresh = self._know(answer.state), True
                    if answer.done and (grant := self._await_slot(step, state)) is not None:
                        self._crowded = was_beaten
                        self._shared = state.leased - leased_before != step.count
                        return grant
                    waited = not answer.done
                case Wait(at):
                    if waited:
                        was_beaten = self._crowded = True
                    if (at := at + self._delay(now - began)) > latest:
                        return Grant(0, None, Shortage.TIME)
                    self._sleep(at)
                    state, is_fresh = self._look()
                    waited = True
                case Righting():
                    self._on_righting(timedelta(microseconds=state.tat - now))
                    state = self._know(self._slots.put_right(step).state)
                case Shortage():
                    # What it remembers may be long past: dispatch reads a new quota each minute.
                    if is_fresh:
                        return Grant(0, None, step)
                    state, is_fresh = self._know(self._slots.read()), True

    def _look(self) -> tuple[State, bool]:
        """Return what is known, and whether that is of this moment."""
        if self._state is None or self._crowded:
            return self._know(self._slots.read()), True
        now = self._now()
        if self._shared and self._state.tat < now < self._state.tat + LATELY:
            # Others leased since the time before, and so they will have since the last time.
            return replace(self._state, tat=now), False
        return self._state, False

    def _know(self, state: State) -> State:
        self._state = state
        return state

    def _await_slot(self, move: Move, after: State) -> Grant | None:
        """Wait for the slot; None if its time was slept through, as in a function that was frozen.

        Or if it isn't there yet, since the clock was set back meanwhile.
        """
        begins = begins_at(move, after)
        until = begins + pace_of(after.rate or self._terms.rate).window
        self._sleep(begins)
        return Grant(move.count, moment_of(until)) if begins <= self._now() < until else None

    def _delay(self, waited: int) -> int:
        """Return how much later than it might this one comes, after having waited so long."""
        if not self._crowded:
            return 0
        return int(self._chance() * SPREAD * max(0.0, 1 - max(0, waited) / PATIENCE))

    def _sleep(self, until: int) -> None:
        """Sleep until a moment; a sleep may end early.

        Where the clock was set back the moment is further off than before: nobody meant to sleep so long.
        """
        longest = until - self._now()
        while 0 < (left := until - self._now()) <= longest:
            self._pause(left / SECOND)

    def _now(self) -> int:
        return micros(self._clock.now())
