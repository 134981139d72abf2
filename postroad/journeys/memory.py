"""Walks in memory: for fast tests, and for walking a journey before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.journeys.advancing import Mail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.journeys.advancing import Effect
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

_Key = tuple[str, str, str]


class MemoryWalks:
    """`Walks` in dictionaries; `done` are all effects in their order, with the walks that did them."""

    def __init__(self) -> None:
        """Begin with nobody enrolled."""
        self._walks: dict[str, dict[_Key, Enrolment]] = {}
        self._message_ids: set[str] = set()
        self.done: list[tuple[Enrolment, Effect]] = []

    def latest(self, address_key: str, journey: str, key: str) -> Enrolment | None:
        """Return the latest walk; see `Walks.latest`."""
        return self._walks.get(address_key, {}).get((address_key, journey, key))

    def under_way(self, address_key: str) -> list[Enrolment]:
        """Return the walks that aren't over; see `Walks.under_way`."""
        return [walk for walk in self._walks.get(address_key, {}).values() if not walk.is_over]

    def write(
        self, before: Enrolment | None, after: Enrolment, effects: Sequence[Effect], *, plan: Plan
    ) -> bool:
        """Write a walk with what it does; see `Walks.write`."""
        del plan
        place = (after.address_key, after.journey, after.key)
        standing = self.latest(*place)
        if (standing.writes if standing else None) != (before.writes if before else None):
            return False
        self._walks.setdefault(after.address_key, {})[place] = after
        for effect in effects:
            if isinstance(effect, Mail):
                if effect.message_id in self._message_ids:
                    continue
                self._message_ids.add(effect.message_id)
            self.done.append((after, effect))
        return True
