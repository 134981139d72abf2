"""What publishing results needs of the world."""

from collections.abc import Sequence
from typing import Protocol

from postroad.contract.result import Result


class ResultBus(Protocol):
    """Where results go."""

    def publish(self, results: Sequence[Result]) -> int:
        """Publish the results in their order; return how many from the start have certainly been taken.

        Less than all means that the next one was refused in spite of retries; later ones may have been taken.
        """
        ...
