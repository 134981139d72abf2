"""The first pointers of a minute out of its sixteen shards, each read page by page. Pure but for the reading.

Each shard is in order by itself. What was read of all of them together is in order as far as the shard that
was read least: behind its last pointer another may yet come that belongs before those of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postroad.schedule.ports import Due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from postroad.schedule.pointer import Pointer

Entry = tuple[str, "Pointer"]
"""A pointer with its sort key."""


@dataclass(slots=True)
class Shard:
    """What was read of one shard; `next_key` is where its next page begins, None at its end."""

    partition: str
    entries: list[Entry] = field(default_factory=list)
    next_key: dict[str, Any] | None = None
    begun: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether there may be more to read."""
        return not self.begun or self.next_key is not None

    @property
    def last(self) -> str:
        """Return the sort key up to which it was read; an empty string sorts before all."""
        return self.entries[-1][0] if self.entries else ""


def first_of(shards: Sequence[Shard], limit: int, read: Callable[[Iterable[Shard]], object]) -> Due:
    """Return the first `limit` pointers of these shards.

    `read` reads the next page of each shard that it is given. Only shards are read on in which one of the
    first `limit` may still lie.
    """
    while True:
        entries = sorted((entry for shard in shards for entry in shard.entries), key=lambda entry: entry[0])
        end = entries[limit - 1][0] if len(entries) >= limit else None
        behind = [shard for shard in shards if shard.is_open and (end is None or shard.last < end)]
        if not behind:
            more = len(entries) > limit or any(shard.is_open for shard in shards)
            return Due([pointer for _, pointer in entries[:limit]], more)
        read(behind)
