"""The use case: ask SES what may be sent, and let every sender know. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.governor.pace import SECOND, micros
from postroad.governor.reading import lets_begin, reading_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.account.ports import Account, Quota
    from postroad.clock import Clock
    from postroad.governor.ports import Slots
    from postroad.governor.reading import Stage
    from postroad.governor.state import Lane, State

RECENT = 20 * SECOND
"""So long one answer of SES's is good for another question within the same run."""


class Allowance:
    """What the stage may send, as of now."""

    def __init__(
        self, *, account: Account, slots: Slots, clock: Clock, stage: Stage, lanes: Mapping[str, Lane]
    ) -> None:
        """`lanes` has the lane of each stream."""
        self._account = account
        self._slots = slots
        self._clock = clock
        self._stage = stage
        self._lanes = lanes
        self._latest: tuple[int, Quota, State] | None = None

    def learn(self) -> float:
        """Ask SES, write its answer down for all senders, and return the stage's rate in mails a second.

        Raises a TransientError: then what was written before goes on being used, rate and all.
        """
        _, _, state = self._ask()
        return state.rate or self.presumed_rate

    @property
    def presumed_rate(self) -> float:
        """The stage's rate, in mails a second, while SES can't be asked."""
        return self._stage.presumed_rate

    def has_room(self, stream: str) -> bool:
        """Say whether a stream that had used up its quota may begin again. Raises a TransientError."""
        latest = self._latest
        if latest is None or micros(self._clock.now()) - latest[0] > RECENT:
            latest = self._ask()
        _, quota, state = latest
        return lets_begin(quota, self._stage, state, self._lanes[stream])

    def _ask(self) -> tuple[int, Quota, State]:
        before = self._slots.read()
        noted_at = micros(self._clock.now())
        quota = self._account.read()
        asked_at = micros(self._clock.now())
        reading = reading_of(quota, self._stage, before, noted_at=noted_at, asked_at=asked_at)
        self._latest = asked_at, quota, self._slots.learn(reading).state
        return self._latest
