"""The use case: dates of contacts begin journeys. Pure but for its ports.

For each contact and such a journey there is one pointer in the schedule, to the next day of theirs. It is set
when the contact is written (`changed`), whoever wrote them, and followed when it is due (`due`). What was set
is looked at again then: a date that was changed or removed meanwhile, a clock, a journey's own rule.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from postroad.journeys.dates import Dated, reached, rule_of, upcoming
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.errors import WalkBusyError
from postroad.journeys.plan import DateTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.journeys.plan import Plan
    from postroad.journeys.ports import People
    from postroad.journeys.running import Engine, Plans

_ATTEMPTS = 5
_MARK = "@"
"""So begins the place of a date, and no place of a walk."""


class Dates(Protocol):
    """What is next of contacts' dates. Each method raises WalksUnavailableError where that can't be known."""

    def standing(self, address_key: str, journey: str) -> Dated | None:
        """Read what is kept, consistently."""

    def write(self, before: Dated | None, after: Dated, *, now: datetime) -> bool:
        """Write it, and let it be called when it is due; False where it isn't as it was before any more."""

    def call(self, dated: Dated, *, now: datetime) -> None:
        """Let what stands be called when it is due: its call came too soon."""

    def forget(self, address_key: str, journey: str) -> None:
        """Remove it; what is gone already does no harm."""


class DateTriggers:
    """Keeps the next day of each contact, and begins journeys on it. Threads may share it."""

    def __init__(self, *, plans: Plans, engine: Engine, people: People, dates: Dates) -> None:
        """Use these."""
        self._plans = plans
        self._engine = engine
        self._people = people
        self._dates = dates
        self._lock = Lock()
        self.counts: Counter[str] = Counter()

    def changed(self, address_key: str, *, now: datetime) -> None:
        """Set what is next for a contact who may have changed. Again it changes nothing.

        Raises TransientError: then do it again.
        """
        for plan in self._plans.dated():
            self._set(plan, address_key, now=now)

    def due(self, address_key: str, journey: str, *, now: datetime) -> Enrolment | None:
        """Begin a journey if its day has come, set the next, and return the walk that began.

        Twice it begins one walk. Raises TransientError: then do it again.
        """
        plan = self._dated(journey)
        if plan is None:
            # No such journey any more, or no date begins it.
            self._dates.forget(address_key, journey)
            return None
        standing = self._set(plan, address_key, now=now)
        if standing is None or standing.next is None:
            return None
        if standing.next.at > now:
            self._dates.call(standing, now=now)
            return None
        trigger = _trigger(plan)
        began = self._engine.enrol(
            address_key, journey, reached(trigger, standing.value, standing.next), now=now
        )
        self._set(plan, address_key, now=now, taken=standing)
        self._note("dated" if isinstance(began, Enrolment) else began.why.value)
        return began if isinstance(began, Enrolment) else None

    def _set(
        self, plan: Plan, address_key: str, *, now: datetime, taken: Dated | None = None
    ) -> Dated | None:
        """Let what is kept be what the contact's data say; None where nothing is."""
        trigger = _trigger(plan)
        for _ in range(_ATTEMPTS):
            standing = self._dates.standing(address_key, plan.name)
            view = self._people.view(None, address_key, plan, now=now)
            if view is None:
                # Erased, or gone: nothing of them is kept.
                if standing is not None:
                    self._dates.forget(address_key, plan.name)
                return None
            value = view.contact.get("attributes", {}).get(trigger.attribute)
            known = standing
            if known is not None and taken is not None and taken.next is not None:
                known = replace(known, taken=max(taken.next.day, known.taken or taken.next.day))
            found = upcoming(trigger, value, view.zone, standing=known, now=now)
            if standing is None and found is None:
                return None
            after = Dated(
                address_key=address_key,
                journey=plan.name,
                value=value if isinstance(value, str) else "",
                rule=rule_of(trigger),
                next=found,
                taken=known.taken if known is not None else None,
                writes=standing.writes if standing is not None else 1,
            )
            if after == standing:
                return standing
            if standing is not None:
                after = replace(after, writes=standing.writes + 1)
            if self._dates.write(standing, after, now=now):
                self._note("set")
                return after
        raise WalkBusyError(f"others kept changing when {plan.name} begins; try again")

    def _dated(self, journey: str) -> Plan | None:
        return next((plan for plan in self._plans.dated() if plan.name == journey), None)

    def _note(self, word: str) -> None:
        with self._lock:
            self.counts[word] += 1


def date_place(journey: str) -> str:
    """Return where what is next of a contact's date lies, and what its pointer says."""
    return f"{_MARK}{journey}"


def journey_of_date(place: str) -> str | None:
    """Return the journey whose date a place is; None for the place of a walk."""
    return place.removeprefix(_MARK) if place.startswith(_MARK) else None


def _trigger(plan: Plan) -> DateTrigger:
    if not isinstance(plan.trigger, DateTrigger):
        raise TypeError(f"no date begins {plan.name}")
    return plan.trigger
