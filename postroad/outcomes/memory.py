"""The result bus in memory, for fast tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.contract.result import Result


class MemoryBus:
    """A `ResultBus` that keeps what it was given, and refuses the message ids that it is told to refuse."""

    def __init__(self) -> None:
        """Begin empty."""
        self.results: list[Result] = []
        self.refuses: set[str] = set()

    def __len__(self) -> int:
        """Return how many results were taken."""
        return len(self.results)

    def publish(self, results: Sequence[Result]) -> int:
        """Take results up to the first that is refused."""
        for taken, result in enumerate(results):
            if result.message_id in self.refuses:
                return taken
            self.results.append(result)
        return len(results)
