"""What the governor needs of the world."""

from dataclasses import dataclass
from typing import Protocol

from postroad.governor.state import Move, Reading, Righting, State


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a write was made, and what stands now, whichever way it went."""

    done: bool
    state: State


class Slots(Protocol):
    """The governor's item. Raises GovernorUnavailableError when it can't be asked.

    No method has to be told whether the item exists: whoever comes first makes it.
    """

    def read(self) -> State:
        """Return what stands now, by a consistent read."""
        ...

    def lease(self, move: Move) -> Answer:
        """Make a lease, if what stands allows it: see `applied`.

        A lease whose answer was lost may be made twice. That loses some of the rate, and exceeds nothing.
        """
        ...

    def put_right(self, righting: Righting) -> Answer:
        """Set right what a wrong clock wrote: see `righted`."""
        ...

    def learn(self, reading: Reading) -> Answer:
        """Write down what SES said: see `learnt`."""
        ...
