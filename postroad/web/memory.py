"""Counters and a mailbox in memory: for fast tests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from postroad.web.limits import window_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


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
