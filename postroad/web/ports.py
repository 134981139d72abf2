"""What the pages need of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Counters(Protocol):
    """How often something happened lately, counted by all processes together."""

    def add(self, name: str, *, window: timedelta, now: datetime) -> int:
        """Count once more under `name`; return how often that is in the window that `now` falls in.

        Windows lie side by side from the epoch on. What was counted is forgotten some time after its window.
        Raises CountersUnavailableError.
        """
