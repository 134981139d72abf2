"""Walks in memory: for fast tests, and for walking a journey before it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.journeys.effects import Mail, Notice

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.journeys.effects import Effect
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

_Key = tuple[str, str, str]


class MemoryWalks:
    """`Walks` in dictionaries; `calls` are the walks that are to be called again, and when."""

    def __init__(self) -> None:
        """Begin with nobody enrolled."""
        self._walks: dict[str, dict[_Key, Enrolment]] = {}
        self.calls: list[tuple[Enrolment, datetime]] = []

    def latest(self, address_key: str, journey: str, key: str) -> Enrolment | None:
        """Return the latest walk; see `Walks.latest`."""
        return self._walks.get(address_key, {}).get((address_key, journey, key))

    def known(self, address_key: str) -> list[Enrolment]:
        """Return the latest walks; see `Walks.known`."""
        return list(self._walks.get(address_key, {}).values())

    def write(self, before: Enrolment | None, after: Enrolment) -> bool:
        """Write a walk with its outbox; see `Walks.write`."""
        place = (after.address_key, after.journey, after.key)
        standing = self.latest(*place)
        if (standing.writes if standing else None) != (before.writes if before else None):
            return False
        self._walks.setdefault(after.address_key, {})[place] = after
        return True

    def settle(self, walk: Enrolment) -> None:
        """Forget an outbox; see `Walks.settle`."""
        place = (walk.address_key, walk.journey, walk.key)
        if (standing := self.latest(*place)) and standing.writes == walk.writes:
            self._walks[walk.address_key][place] = replace(standing, outbox=())

    def call_again(self, walk: Enrolment, *, at: datetime) -> None:
        """Note when a walk is called again; see `Walks.call_again`."""
        self.calls.append((walk, at))


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
