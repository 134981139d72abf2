"""The use case: an event comes in, or a walk is due. Pure but for its ports.

Each walk is written together with what it decided to do, on the condition that nobody wrote it since it was
read; that is then done, and struck out. So whatever is delivered twice, or dies half way, is taken again from
where the walk stands: first what it had decided is done, then it goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.journeys.advancing import Advance, advance, told
from postroad.journeys.conditions import ConditionError
from postroad.journeys.enrolling import NotEnrolled, Refusal, enrol, key_of, moved
from postroad.journeys.enrolment import Ended, Enrolment, digest, place_of
from postroad.journeys.errors import WalkBusyError
from postroad.journeys.plan import DateTrigger, EventTrigger
from postroad.times import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from postroad.activity.event import Event
    from postroad.journeys.plan import Plan
    from postroad.journeys.ports import Doing, People, Walks

_ATTEMPTS = 5
_HELD = timedelta(hours=1)
"""So often a walk through a paused journey asks again, beside being called when it is resumed."""
_SOON = timedelta(minutes=5)


class Plans:
    """All versions of all journeys that are deployed, and which journeys are paused."""

    def __init__(self, plans: Sequence[Plan], *, paused: frozenset[str] = frozenset()) -> None:
        """Keep these; the highest version of a journey is the one that new walks begin."""
        self._versions = {(plan.name, plan.version): plan for plan in plans}
        self._newest = {plan.name: plan for plan in sorted(plans, key=lambda plan: plan.version)}
        self.paused = paused

    def pausing(self, paused: Iterable[str]) -> Plans:
        """Return these, with the journeys that are paused now."""
        return Plans(list(self._versions.values()), paused=frozenset(paused))

    def begun_by(self, event: str) -> list[Plan]:
        """Return the newest version of each journey that an event begins."""
        return [
            plan
            for plan in self._newest.values()
            if not plan.retired and isinstance(plan.trigger, EventTrigger) and plan.trigger.event == event
        ]

    def all(self) -> list[Plan]:
        """Return them all, older versions too."""
        return list(self._versions.values())

    def dated(self) -> list[Plan]:
        """Return the newest version of each journey that a date begins."""
        return [
            plan
            for plan in self._newest.values()
            if not plan.retired and isinstance(plan.trigger, DateTrigger)
        ]

    def newest(self, journey: str) -> Plan | None:
        """Return the version that new walks begin; None for a journey that is no more."""
        return self._newest.get(journey)

    def of(self, enrolment: Enrolment) -> Plan | None:
        """Return the version that a walk is on, None where it isn't deployed any more."""
        return self._versions.get((enrolment.journey, enrolment.version))


class Engine:
    """Takes events and due walks; counts what became of them. Threads may share it."""

    def __init__(self, *, plans: Plans, walks: Walks, people: People, doing: Doing) -> None:
        """Use these."""
        self._plans = plans
        self._walks = walks
        self._people = people
        self._doing = doing
        self._lock = Lock()
        self.counts: Counter[str] = Counter()

    def take(self, address_key: str, event: Event, *, now: datetime, begins: bool = True) -> list[Enrolment]:
        """Let an event end, lead on, and begin walks of a contact; return those that it changed.

        One that comes too late to begin any (not `begins`) still ends walks, and leads them on.
        Taken twice it changes nothing the second time. Raises TransientError: then take it again. A journey
        that can't go on for now, since its stream or the bus takes nothing, keeps none from hearing of it.
        """
        changed: list[Enrolment] = []
        failed: list[TransientError] = []
        for walk in self._walks.under_way(address_key):
            try:
                after = self._heard(walk, event, now=now)
            except TransientError as error:
                failed.append(error)
                continue
            changed += [after] if after else []
        for plan in self._plans.begun_by(event.name):
            if not begins:
                self._note(NotEnrolled.TOO_LATE.value)
                continue
            try:
                begun = self._begin(plan, address_key, event, now=now)
            except TransientError as error:
                failed.append(error)
                continue
            if isinstance(begun, Enrolment):
                changed.append(begun)
            elif begun.why is not NotEnrolled.COPY:
                self._note(begun.why.value)
        if failed:
            raise failed[0]
        return changed

    def enrol(self, address_key: str, journey: str, event: Event, *, now: datetime) -> Enrolment | Refusal:
        """Begin a walk because an operator or a date says so: `event` stands for the one that would.

        Audience and entry rule are kept; the trigger is not asked. The same event again begins nothing.
        Raises TransientError: then take it again.
        """
        plan = self._plans.newest(journey)
        if plan is None or plan.retired:
            return Refusal(NotEnrolled.UNKNOWN_JOURNEY)
        begun = self._begin(plan, address_key, event, now=now, asked=True)
        if isinstance(begun, Refusal) and begun.why is not NotEnrolled.COPY:
            self._note(begun.why.value)
        return begun

    def due(self, address_key: str, place: str, *, now: datetime) -> Enrolment | None:
        """Let a walk that is due go on; return it where it changed. A paused journey's waits.

        Raises TransientError: then take it again.
        """
        walk = self._walks.latest(address_key, place)
        if walk is None:
            return None
        walk = self._finish(walk, now=now)
        if walk.is_over or walk.due is None:
            return None
        if walk.due > now:
            # A pointer of before it moved, or this clock is behind the one that called: who was called is
            # in the schedule no more.
            self._walks.call_again(walk, at=walk.due, now=now)
            return None
        if walk.journey in self._plans.paused:
            self._note("held")
            self._walks.call_again(walk, at=_asks_again(walk, now), now=now)
            return None
        if self._plan_of(walk) is None:
            # Its version isn't deployed: a build went back, say. It waits for one in which it is.
            self._note("stranded")
            self._walks.call_again(walk, at=_asks_again(walk, now), now=now)
            return None
        return self._go_on(walk, None, now=now)

    def remove(self, address_key: str, place: str, *, reason: str, now: datetime) -> bool:
        """Take a contact out of a journey, as an operator says; True if they were in it."""
        for _ in range(_ATTEMPTS):
            walk = self._walks.latest(address_key, place)
            if walk is None or walk.is_over:
                return False
            walk = self._finish(walk, now=now)
            over = replace(
                walk, ended=Ended.REMOVED, reason=reason, ended_at=now, due=None, writes=walk.writes + 1
            )
            if self._walks.write(walk, over, now=now):
                self._note(Ended.REMOVED.value)
                return True
        raise WalkBusyError(f"others kept changing a walk at {place}; try again")

    def _heard(self, walk: Enrolment, event: Event, *, now: datetime) -> Enrolment | None:
        """Let a walk know that an event came; a paused journey's hears of it when it goes on."""
        walk = self._finish(walk, now=now)
        return None if walk.journey in self._plans.paused else self._go_on(walk, event, now=now)

    def _finish(self, walk: Enrolment, *, now: datetime) -> Enrolment:
        """Do what a walk decided, strike it out, and return the walk without it."""
        # What was decided is done, though its version be deployed no more: a newer one knows where.
        plan = self._plans.of(walk) or self._plans.newest(walk.journey)
        if not walk.outbox or plan is None:
            return walk
        self._doing.do(walk, plan, now=now)
        self._walks.settle(walk)
        return replace(walk, outbox=())

    def _begin(
        self, plan: Plan, address_key: str, event: Event, *, now: datetime, asked: bool = False
    ) -> Enrolment | Refusal:
        for _ in range(_ATTEMPTS):
            view = self._people.view(None, address_key, plan, now=now)
            if view is None:
                return Refusal(NotEnrolled.UNKNOWN_CONTACT)
            try:
                key = key_of(plan, event, view)
            except ConditionError:
                key = None
            last = None if key is None else self._walks.latest(address_key, place_of(plan.name, key))
            begun = enrol(plan, last, event, view, address_key=address_key, now=now, asked=asked)
            if isinstance(begun, Refusal):
                # It may be this very event that began it, by a write whose answer was lost.
                if last is not None:
                    self._finish(last, now=now)
                return begun
            if last is not None:
                self._finish(last, now=now)
                begun = replace(begun, writes=last.writes + 1)
            step = Advance(begun) if plan.name in self._plans.paused else advance(plan, begun, view, now=now)
            if self._walks.write(last, step.enrolment, now=now):
                self._count(step)
                self._note("enrolled")
                return self._finish(step.enrolment, now=now)
        raise WalkBusyError(f"others kept changing a walk through {plan.name}; try again")

    def _go_on(self, walk: Enrolment | None, event: Event | None, *, now: datetime) -> Enrolment | None:
        for _ in range(_ATTEMPTS):
            if walk is None or walk.is_over:
                return None
            plan = self._plan_of(walk)
            standing = walk
            if plan is None:
                return None
            if plan.version != walk.version:
                walk = moved(walk, plan) or walk
            view = self._people.view(walk, walk.address_key, plan, now=now)
            if view is None:
                # Erased while this was under way: nothing of it may be done, or kept.
                self._walks.forget(walk)
                return None
            step = advance(plan, walk, view if event is None else told(view, event), now=now)
            if step.enrolment == standing:
                return None
            if self._walks.write(standing, step.enrolment, now=now):
                self._count(step)
                return self._finish(step.enrolment, now=now)
            walk = self._walks.latest(standing.address_key, standing.place)
            walk = self._finish(walk, now=now) if walk else None
        raise WalkBusyError(f"others kept changing a walk through {standing.journey}; try again")

    def _plan_of(self, walk: Enrolment) -> Plan | None:
        """Return the version to go on with: the newest where the walk moves to it, else its own."""
        newest = self._plans.newest(walk.journey)
        if newest is not None and moved(walk, newest) is not None:
            return newest
        return self._plans.of(walk)

    def _count(self, step: Advance) -> None:
        for effect in step.effects:
            self._note(type(effect).__name__.lower())
        if step.enrolment.ended is not None:
            self._note(step.enrolment.ended.value)

    def _note(self, word: str) -> None:
        with self._lock:
            self.counts[word] += 1


def _asks_again(walk: Enrolment, now: datetime) -> datetime:
    """Return when a walk that is held asks again: at its own moment of each hour.

    So many walks don't ask at once, and a walk that was called twice asks once from then on.
    """
    own = timedelta(seconds=int(digest(walk.address_key, walk.place)[:8], 16) % int(_HELD.total_seconds()))
    past = (now + _SOON - EPOCH - own) % _HELD
    return now + _SOON - past + _HELD
