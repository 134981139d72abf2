"""The governor's item in memory: for fast tests and for walks under a virtual clock."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from postroad.governor.errors import GovernorUnavailableError
from postroad.governor.ports import Answer
from postroad.governor.state import State, applied, learnt, righted

if TYPE_CHECKING:
    from postroad.governor.state import Move, Reading, Righting


class MemorySlots:
    """`Slots` of one stage. `is_unavailable` makes every call fail as if DynamoDB couldn't be asked."""

    def __init__(self, state: State | None = None) -> None:
        """Begin with this state; without one, with nothing leased."""
        self.state = state or State()
        self.is_unavailable = False
        self.reads = 0
        self.writes = 0
        """Made or refused: DynamoDB charges for both."""
        self._lock = Lock()

    def read(self) -> State:
        """Return what stands now."""
        self._ask()
        self.reads += 1
        return self.state

    def lease(self, move: Move) -> Answer:
        """Make a lease, if what stands allows it."""
        with self._lock:
            return self._write(applied(self.state, move))

    def put_right(self, righting: Righting) -> Answer:
        """Set right what a wrong clock wrote."""
        with self._lock:
            return self._write(righted(self.state, righting))

    def learn(self, reading: Reading) -> Answer:
        """Write down what SES said."""
        with self._lock:
            return self._write(learnt(self.state, reading))

    def _write(self, wanted: State | None) -> Answer:
        self._ask()
        self.writes += 1
        if wanted is None:
            return Answer(done=False, state=self.state)
        self.state = wanted
        return Answer(done=True, state=wanted)

    def _ask(self) -> None:
        if self.is_unavailable:
            raise GovernorUnavailableError("the governor can't be asked")
