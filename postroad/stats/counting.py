"""The use case: count each change of a row exactly once.

The stream hands out a batch again, whole or in parts, whenever anything goes wrong. So the number of the last
counted record is written in one transaction with the sums, on the condition that it stands where it was read:
what was counted before is left out, and of two copies of this function at work on one shard one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.stats.counts import Cell, Pairs, Sums, add, difference
from postroad.stats.errors import StatsBusyError
from postroad.stats.ports import MOST_CELLS, Group, Position
from postroad.stats.values import is_full, is_open
from postroad.stats.words import OTHERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from postroad.clock import Clock
    from postroad.stats.ports import Change, Counters

MOST_TRIES = 5
MOST_GROUPS = 1000
"""Of which a process remembers the values."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """The first change that was not counted, as far as anybody knows, and the error's type."""

    sequence_number: str
    problem: str


class Counting:
    """Counts the changes of shards; one instance lives as long as its process."""

    def __init__(self, *, counters: Counters, pairs: Pairs, clock: Clock) -> None:
        """Count the marginals and these pairs."""
        self._counters = counters
        self._pairs = pairs
        self._clock = clock
        self._positions: dict[str, Position | None] = {}
        self._admitted: dict[Group, frozenset[str]] = {}

    def count(self, shard: str, changes: Sequence[Change]) -> Uncounted | None:
        """Count these changes of one shard, in its order, less those that were counted before.

        Returns from which change on they have to be handed out again, or None: all are counted.
        """
        for _ in range(MOST_TRIES):
            try:
                if self._tried(shard, changes):
                    return None
                # Somebody else moved the shard's position: what that one counted is left out.
            except TransientError as error:
                # Nobody knows whether the sums were written, so the position is read next time.
                position = self._positions.pop(shard, None)
                return _first_after(position, changes, type(error).__name__)
        position = self._positions.pop(shard, None)
        return _first_after(position, changes, StatsBusyError.__name__)

    def _tried(self, shard: str, changes: Sequence[Change]) -> bool:
        """Count what isn't counted; say whether nobody came between."""
        if shard not in self._positions:
            self._positions[shard] = self._counters.position(shard)
        position = self._positions[shard]
        fresh = [
            change for change in changes if position is None or position.is_before(change.sequence_number)
        ]
        for sums, last in self._pieces(fresh):
            reached = Position(last.sequence_number, last.at, self._clock.now())
            if not self._counters.add(shard, sums, expected=position, position=reached):
                del self._positions[shard]
                return False
            self._positions[shard] = position = reached
        return True

    def _pieces(self, changes: Sequence[Change]) -> Iterator[tuple[Sums, Change]]:
        """Yield sums that fit a transaction, each with the last change in it.

        What changes no counter moves no position: read again, it changes none either.
        """
        sums: Sums = {}
        last: Change | None = None
        for change, more in self._placed(changes):
            together = sums.keys() | more.keys()
            if last is not None and len(together) > MOST_CELLS:
                yield sums, last
                sums = {}
            for cell, metrics in more.items():
                add(sums, cell, metrics)
            last = change
        if sums and last is not None:
            yield sums, last

    def _placed(self, changes: Sequence[Change]) -> Iterator[tuple[Change, Sums]]:
        """Yield each change that adds something, with what it adds to which counter that exists or may."""
        found = [
            (change, sums)
            for change in changes
            if (sums := difference(change.before, change.after, self._pairs))
        ]
        self._admit(cell for _, sums in found for cell in sums)
        for change, sums in found:
            placed: Sums = {}
            for cell, metrics in sums.items():
                add(placed, self._place(cell), metrics)
            if placed:
                yield change, placed

    def _admit(self, cells: Iterable[Cell]) -> None:
        """Ask for counters for values that are seen for the first time."""
        if len(self._admitted) > MOST_GROUPS:
            self._admitted.clear()
        wanted: dict[Group, dict[str, None]] = {}
        for cell in cells:
            if not is_open(cell.dimension):
                continue
            group = Group(cell.day, cell.stream, cell.dimension)
            known = self._admitted.get(group)
            if known is None or not (cell.value in known or is_full(known)):
                wanted.setdefault(group, {})[cell.value] = None
        for group, values in wanted.items():
            self._admitted[group] = self._counters.admit(group, list(values))

    def _place(self, cell: Cell) -> Cell:
        if not is_open(cell.dimension):
            return cell
        admitted = self._admitted[Group(cell.day, cell.stream, cell.dimension)]
        return cell if cell.value in admitted else cell._replace(value=OTHERS)


def _first_after(position: Position | None, changes: Sequence[Change], problem: str) -> Uncounted:
    for change in changes:
        if position is None or position.is_before(change.sequence_number):
            return Uncounted(change.sequence_number, problem)
    return Uncounted(changes[0].sequence_number, problem)
