"""What counting how often a person is mailed needs of the world."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from postroad.caps.tally import Place, Tally
from postroad.errors import TransientError


class Tallies(Protocol):
    """What was counted, by person and category."""

    def read(self, places: Sequence[Place]) -> dict[Place, Tally]:
        """Read these consistently, as far as anything stands there. Raises a TransientError."""
        ...

    def write(self, tallies: Mapping[Place, Tally]) -> dict[Place, bool | TransientError]:
        """Write each over the version before its own; one outcome for each, and none of them raised.

        False: somebody else wrote meanwhile, or our own answer got lost. Read again.
        """
        ...
