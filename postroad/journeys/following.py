"""The use case: what is next of contacts' dates follows their changes, and is looked through once a day.

Changes come from the stream of the table Contacts, whoever made them. The round through all contacts is for
what no change tells of: a journey that a date begins was deployed, or its rule changed; and it is the second
net below the stream. It is made in bounded runs that go on where the last one came to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from postroad.errors import TransientError
from postroad.journeys.dates import rule_of
from postroad.journeys.plan import DateTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from postroad.journeys.date_triggers import DateTriggers
    from postroad.journeys.plan import Plan

LOOK_THROUGH = "postroad.dates.v1"
"""The schema of what tells the function `journeys` to go on with the round."""
EVERY = timedelta(hours=24)
"""A round begins so long after the last one began."""


@dataclass(frozen=True, slots=True)
class Changed:
    """That a contact was written: where in the stream that stands, and whom it concerns."""

    sequence_number: str
    address_key: str


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round has come: it goes on at `next_key`, or is done. `rules` is what it was begun for."""

    rules: str
    begun: datetime
    next_key: str = ""
    done: bool = False


class Directory(Protocol):
    """All contacts, and how far the round through them has come. Raises WalksUnavailableError."""

    def page(self, next_key: str) -> tuple[Sequence[str], str]:
        """Return the address keys of some contacts, and where the next ones begin: empty at the end."""

    def round(self) -> Round | None:
        """Read how far the round has come."""

    def save(self, made: Round) -> None:
        """Write how far it has come."""


class Following:
    """Follows the changes of contacts for the journeys that dates begin."""

    def __init__(
        self, *, plans: Iterable[Plan], triggers: Callable[[], DateTriggers], directory: Directory
    ) -> None:
        """Use these; `triggers` are made anew for each run."""
        self._rules = rules_of(plans)
        self._triggers = triggers
        self._directory = directory
        self.counts: Counter[str] = Counter()

    def take(self, changes: Sequence[Changed], *, now: datetime) -> str | None:
        """Follow changes in their order, each contact once; return where to go on if one couldn't be."""
        if not self._rules or not changes:
            return None
        first: dict[str, str] = {}
        for change in changes:
            first.setdefault(change.address_key, change.sequence_number)
        triggers = self._triggers()
        for address_key, sequence_number in first.items():
            try:
                triggers.changed(address_key, now=now)
            except TransientError:
                return sequence_number
            self.counts["changed"] += 1
        return None

    def look_through(self, *, now: datetime, has_time: Callable[[], bool]) -> None:
        """Go on with the round as long as there is time, or begin one where it is time.

        Raises TransientError: then the next run goes on from where this one came to.
        """
        if not self._rules:
            return
        standing = self._directory.round()
        if standing is None or standing.rules != self._rules:
            standing = Round(self._rules, now)
        elif standing.done:
            if now - standing.begun < EVERY:
                return
            standing = Round(self._rules, now)
        triggers = self._triggers()
        while not standing.done and has_time():
            found, next_key = self._directory.page(standing.next_key)
            for address_key in found:
                triggers.changed(address_key, now=now)
                self.counts["looked_at"] += 1
            standing = replace(standing, next_key=next_key, done=not next_key)
            self._directory.save(standing)


def rules_of(plans: Iterable[Plan]) -> str:
    """Return what stands for the rules of all journeys that dates begin; empty where there are none."""
    newest = {plan.name: plan for plan in sorted(plans, key=lambda plan: plan.version)}
    rules = [
        f"{name} {rule_of(plan.trigger)}"
        for name, plan in sorted(newest.items())
        if not plan.retired and isinstance(plan.trigger, DateTrigger)
    ]
    return sha256("\n".join(rules).encode()).hexdigest()[:24] if rules else ""
