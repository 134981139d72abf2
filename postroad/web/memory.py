"""Counters and a mailbox in memory: for fast tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import LEFT
from postroad.web.limits import window_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from postroad.ledger.row import Row


class MemoryCounters:
    """`Counters` in a dictionary."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.counted: Counter[tuple[str, datetime]] = Counter()

    def __len__(self) -> int:
        """Return how often anything was counted."""
        return self.counted.total()

    def add(self, name: str, *, window: timedelta, now: datetime) -> int:
        """Count once more; see `Counters.add`."""
        key = name, window_of(now, window)
        self.counted[key] += 1
        return self.counted[key]


class MemoryMarks:
    """`Marks` on the rows of a ledger in memory."""

    def __init__(self, ledger: MemoryLedger | None = None) -> None:
        """Mark the rows of this ledger."""
        self.ledger = MemoryLedger() if ledger is None else ledger
        self.asked: list[str] = []
        """The message ids that were named, known or not."""

    def mark(self, message_id: str, address_key: str, topic: str, *, now: datetime) -> None:
        """Note it on the row; see `Marks.mark`."""
        self.asked.append(message_id)

        def left(row: Row) -> Row | None:
            if row.address_key != address_key or row.topic != topic or LEFT in row.times:
                return None
            return replace(row.with_time(LEFT, now), version=row.version + 1)

        self.ledger.apply(message_id, left)


class MemoryMailbox:
    """A `Mailbox` in a list."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.messages: list[Mapping[str, object]] = []

    def __len__(self) -> int:
        """Return how many messages were put there."""
        return len(self.messages)

    def put(self, message: Mapping[str, object]) -> None:
        """Keep a message; see `Mailbox.put`."""
        self.messages.append(message)
