"""What is next of contacts' dates, in memory: for walking journeys before they run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.journeys.dates import Dated


class MemoryDates:
    """`Dates` in a dictionary; `calls` are those that are to be called when they are due."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._kept: dict[tuple[str, str], Dated] = {}
        self.calls: list[Dated] = []

    def standing(self, address_key: str, journey: str) -> Dated | None:
        """Return what is kept; see `Dates.standing`."""
        return self._kept.get((address_key, journey))

    def write(self, before: Dated | None, after: Dated, *, now: datetime) -> bool:
        """Keep it; see `Dates.write`."""
        place = (after.address_key, after.journey)
        if self._kept.get(place) != before:
            return False
        self._kept[place] = after
        self.call(after, now=now)
        return True

    def call(self, dated: Dated, *, now: datetime) -> None:
        """Note that it is to be called; see `Dates.call`."""
        del now
        if dated.next is not None:
            self.calls.append(dated)

    def forget(self, address_key: str, journey: str) -> None:
        """Remove it; see `Dates.forget`."""
        self._kept.pop((address_key, journey), None)
