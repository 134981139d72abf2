"""Walks in memory: for fast tests, and for walking a journey before it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.journeys.effects import Mail, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from postroad.journeys.dates import Dated
    from postroad.journeys.effects import Effect
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.pausing import Pause
    from postroad.journeys.plan import Plan


class MemoryWalks:
    """`Walks` and `AllWalks` in dictionaries; `calls` are those to be called again, and when."""

    def __init__(self) -> None:
        """Begin with nobody enrolled."""
        self._walks: dict[str, dict[str, Enrolment]] = {}
        self.calls: list[tuple[Enrolment, datetime]] = []

    def latest(self, address_key: str, place: str) -> Enrolment | None:
        """Return the latest walk; see `Walks.latest`."""
        return self._walks.get(address_key, {}).get(place)

    def known(self, address_key: str) -> list[Enrolment]:
        """Return the latest walks; see `Walks.known`."""
        return [walk for _, walk in sorted(self._walks.get(address_key, {}).items())]

    def under_way(self, address_key: str) -> list[Enrolment]:
        """Return those that are not over, or not done; see `Walks.under_way`."""
        return [walk for walk in self.known(address_key) if walk.outbox or not walk.is_over]

    def write(self, before: Enrolment | None, after: Enrolment, *, now: datetime) -> bool:
        """Write a walk with its outbox; see `Walks.write`."""
        del now
        standing = self.latest(after.address_key, after.place)
        if (standing.writes if standing else None) != (before.writes if before else None):
            return False
        self._walks.setdefault(after.address_key, {})[after.place] = after
        return True

    def settle(self, walk: Enrolment) -> None:
        """Forget an outbox; see `Walks.settle`."""
        standing = self.latest(walk.address_key, walk.place)
        if standing is not None and standing.writes == walk.writes:
            self._walks[walk.address_key][walk.place] = replace(standing, outbox=())

    def forget(self, walk: Enrolment) -> None:
        """Remove a walk; see `Walks.forget`."""
        self._walks.get(walk.address_key, {}).pop(walk.place, None)

    def call_again(self, walk: Enrolment, *, at: datetime, now: datetime) -> None:
        """Note when a walk is called again; see `Walks.call_again`."""
        del now
        self.calls.append((walk, at))

    def pages(self, journey: str) -> Iterator[list[Enrolment]]:
        """Yield the walks through a journey; see `AllWalks.pages`."""
        found = [walk for walks in self._walks.values() for walk in walks.values() if walk.journey == journey]
        if found:
            yield found

    def overdue(self, journey: str, *, now: datetime) -> Iterator[list[Enrolment]]:
        """Yield those that are late; see `AllWalks.overdue`."""
        for page in self.pages(journey):
            if late := [walk for walk in page if walk.due is not None and walk.due <= now]:
                yield late


class MemoryDates:
    """`Dates` in a dictionary; `calls` are those to be called."""

    def __init__(self) -> None:
        """Begin with no date known."""
        self._dates: dict[tuple[str, str], Dated] = {}
        self.calls: list[Dated] = []

    def standing(self, address_key: str, journey: str) -> Dated | None:
        """Return what is kept; see `Dates.standing`."""
        return self._dates.get((address_key, journey))

    def write(self, before: Dated | None, after: Dated, *, now: datetime) -> bool:
        """Write it; see `Dates.write`."""
        self.call(after, now=now)
        standing = self.standing(after.address_key, after.journey)
        if (standing.writes if standing else None) != (before.writes if before else None):
            return False
        self._dates[after.address_key, after.journey] = after
        return True

    def call(self, dated: Dated, *, now: datetime) -> None:
        """Note when it is called; see `Dates.call`."""
        del now
        if dated.next is not None:
            self.calls.append(dated)

    def forget(self, address_key: str, journey: str) -> None:
        """Remove it; see `Dates.forget`."""
        self._dates.pop((address_key, journey), None)


class MemoryPauses:
    """`Pauses` in a dictionary."""

    def __init__(self) -> None:
        """Begin with no journey held."""
        self._pauses: dict[str, Pause] = {}

    def paused(self) -> Mapping[str, Pause]:
        """Return them all; see `Pauses.paused`."""
        return dict(self._pauses)

    def pause(self, journey: str, pause: Pause) -> bool:
        """Hold a journey; see `Pauses.pause`."""
        return self._pauses.setdefault(journey, pause) is pause

    def resume(self, journey: str) -> bool:
        """Let a journey go on; see `Pauses.resume`."""
        return self._pauses.pop(journey, None) is not None


class MemoryDoing:
    """`Doing` in a list: all that was done, in its order, each once."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.done: list[tuple[Enrolment, Effect]] = []
        self._ids: set[str] = set()

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> None:
        """Note what is done; see `Doing.do`. A mail or notice is known by its id, as to its reader."""
        del plan, now
        for effect in walk.outbox:
            match effect:
                case Mail(message_id=known) | Notice(event_id=known):
                    if known in self._ids:
                        continue
                    self._ids.add(known)
                case _:
                    pass
            self.done.append((walk, effect))
