"""Tallies in memory: for fast tests, and for walks that need no AWS account."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postroad.caps.tally import Place, Tally
    from postroad.errors import TransientError


class MemoryTallies:
    """`Tallies` in a dictionary; `calls` counts how often it was asked."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.standing: dict[Place, Tally] = {}
        self.calls = 0
        self._lock = Lock()

    def read(self, places: Sequence[Place]) -> dict[Place, Tally]:
        """Return what stands; see `Tallies.read`."""
        self.calls += 1
        return {place: self.standing[place] for place in places if place in self.standing}

    def write(self, tallies: Mapping[Place, Tally]) -> dict[Place, bool | TransientError]:
        """Write each on its condition; see `Tallies.write`."""
        self.calls += 1
        outcomes: dict[Place, bool | TransientError] = {}
        with self._lock:
            for place, tally in tallies.items():
                standing = self.standing.get(place)
                outcomes[place] = (standing.version if standing else 0) == tally.version - 1
                if outcomes[place]:
                    self.standing[place] = tally
        return outcomes
