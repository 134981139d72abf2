"""Counters in memory: for fast tests, and for reckoning what counting costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.stats.counts import Cell, add
from postroad.stats.ports import MOST_CELLS, Group
from postroad.stats.values import room_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from postroad.stats.counts import Sums
    from postroad.stats.ports import Position
    from postroad.stats.words import Metric


class MemoryCounters:
    """`Counters` and `Reading` in dictionaries, as strict about positions as the real ones."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.sums: Sums = {}
        self._positions: dict[str, Position] = {}
        self._admitted: dict[Group, frozenset[str]] = {}

    def position(self, shard: str) -> Position | None:
        """Return how far this shard was counted."""
        return self._positions.get(shard)

    def add(self, shard: str, sums: Sums, *, expected: Position | None, position: Position) -> bool:
        """Add the sums and move the position; see `Counters.add`."""
        if not 0 < len(sums) <= MOST_CELLS:
            raise ValueError(f"expected 1 to {MOST_CELLS} cells, got {len(sums)}")
        standing = self._positions.get(shard)
        if (standing and standing.sequence_number) != (expected and expected.sequence_number):
            return False
        for cell, metrics in sums.items():
            add(self.sums, cell, metrics)
        self._positions[shard] = position
        return True

    def admit(self, group: Group, wanted: Collection[str]) -> frozenset[str]:
        """Give values counters of their own; see `Counters.admit`."""
        standing = self._admitted.get(group, frozenset())
        self._admitted[group] = standing | room_for(standing, wanted)
        return self._admitted[group]

    def read(self, group: Group) -> Mapping[str, Mapping[Metric, int]]:
        """Return the metrics of each value of the group."""
        return {
            cell.value: dict(metrics)
            for cell, metrics in self.sums.items()
            if cell == Cell(*group, cell.value)
        }

    def positions(self) -> Sequence[Position]:
        """Return how far each shard was counted."""
        return list(self._positions.values())
