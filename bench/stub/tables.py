"""Tables in memory, by the rules of DynamoDB that the functions rely on: conditions, order, pages."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.stub.values import Item, Value

OWN_KEYS = ("pk", "sk")
OTHER_KEYS = {"naive_idempotency": ("id",), "naive_suppressions": ("email",)}
"""The tables of the naive sender, each with one key."""


class FailedCondition(Exception):  # noqa: N818 - DynamoDB's own word for it is an exception
    """The condition of a write is false."""

    def __init__(self, standing: Item | None) -> None:
        super().__init__("The conditional request failed")
        self.standing = standing


@dataclass
class Partition:
    """The items of one partition key by their sort keys."""

    items: dict[str, Item] = field(default_factory=dict)
    _order: list[str] | None = None

    def put(self, key: str, item: Item | None) -> None:
        """Let an item stand, or none."""
        if item is None:
            if self.items.pop(key, None) is not None:
                self._order = None
            return
        if key not in self.items:
            self._order = None
        self.items[key] = item

    def after(self, key: str | None) -> Iterator[Item]:
        """Yield the items in order, those after a key alone."""
        if self._order is None:
            self._order = sorted(self.items)
        order = self._order
        for each in order[0 if key is None else bisect_right(order, key) :]:
            yield self.items[each]


class Table:
    """One table."""

    def __init__(self, name: str) -> None:
        """Begin without items."""
        self.keys = OTHER_KEYS.get(name, OWN_KEYS)
        self.partitions: dict[str, Partition] = {}

    def __len__(self) -> int:
        return sum(len(partition.items) for partition in self.partitions.values())

    def key_of(self, item: Item) -> Item:
        """Return the key of an item."""
        return {name: item[name] for name in self.keys}

    def get(self, key: Item) -> Item | None:
        """Return the item that stands."""
        first, second = self._place(key)
        partition = self.partitions.get(first)
        return partition.items.get(second) if partition else None

    def write(
        self, key: Item, item: Item | None, allows: Callable[[Item], bool] | None = None
    ) -> Item | None:
        """Let `item` stand (None: nothing) if the condition holds, and return what stood before."""
        first, second = self._place(key)
        partition = self.partitions.setdefault(first, Partition())
        standing = partition.items.get(second)
        if allows is not None and not allows(standing or {}):
            raise FailedCondition(standing)
        partition.put(second, item)
        return standing

    def partition(self, value: Value) -> Partition:
        """Return a partition, or an empty one."""
        return self.partitions.get(value["S"]) or Partition()

    def all(self) -> Iterator[Item]:
        """Yield everything in the order of its keys."""
        for key in sorted(self.partitions):
            yield from self.partitions[key].after(None)

    def _place(self, key: Item) -> tuple[str, str]:
        values = [key[name]["S"] for name in self.keys]
        return values[0], values[1] if len(values) > 1 else ""
