"""What counting, and whoever reads what was counted, need of the table Stats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.stats.counts import Sums
    from postroad.stats.words import Metric

MOST_CELLS = 99
"""So many cells fit one transaction beside the shard's position: TransactWriteItems takes 100 items.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""


class Group(NamedTuple):
    """What has `MOST_VALUES` values at most."""

    day: str
    stream: str
    dimension: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a shard of the stream was counted.

    `sequence_number` is the last counted record's, in decimal: greater for each later record of the shard.
    `at` is when that record's change was made, `counted_at` when it was counted.
    """

    sequence_number: str
    at: datetime
    counted_at: datetime

    def is_before(self, sequence_number: str) -> bool:
        """Say whether a record comes after what was counted: as numbers, since they differ in length."""
        return int(sequence_number) > int(self.sequence_number)


class Change(Protocol):
    """A row before and after one write, as the table's stream tells it."""

    @property
    def sequence_number(self) -> str:
        """Its place in the shard, in decimal."""
        ...

    @property
    def at(self) -> datetime:
        """When the row was written."""
        ...

    @property
    def before(self) -> Row | None:
        """The row before, None if there was none."""
        ...

    @property
    def after(self) -> Row | None:
        """The row after, None if it was removed."""
        ...


class Counters(Protocol):
    """The counters, and beside them how far each shard was counted. Both change together or not at all."""

    def position(self, shard: str) -> Position | None:
        """Return how far this shard was counted (a consistent read), or None: not at all."""
        ...

    def add(self, shard: str, sums: Sums, *, expected: Position | None, position: Position) -> bool:
        """Add the sums and move the shard's position, if it stands where it is expected to.

        At most `MOST_CELLS` cells. Returns False where the position stands elsewhere; nothing was added then.
        After a StatsUnavailableError nobody knows whether all was added or nothing. Raises StatsBusyError if
        others kept writing the same counters.
        """
        ...

    def admit(self, group: Group, wanted: Collection[str]) -> frozenset[str]:
        """Give the wanted values counters of their own, as far as there is room; return all that have them.

        What has them keeps them. Raises StatsUnavailableError and StatsBusyError.
        """
        ...


class Reading(Protocol):
    """The sums of what was counted."""

    def read(self, group: Group) -> Mapping[str, Mapping[Metric, int]]:
        """Return the metrics of each value of the group. Raises StatsUnavailableError."""
        ...

    def positions(self) -> Sequence[Position]:
        """Return how far each shard of the last days was counted. Raises StatsUnavailableError."""
        ...
