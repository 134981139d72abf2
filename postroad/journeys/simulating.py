"""Journeys walked before they run: the real engine over stores in memory, under a clock of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from postroad.activity.event import Event
from postroad.caps.deciding import claim
from postroad.contract.message import Journey
from postroad.contract.times import MAX_AGE
from postroad.contract.words import Reason, StreamKind
from postroad.journeys.date_triggers import DateTriggers
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.enrolling import NotEnrolled
from postroad.journeys.leaving_hours import LeavingHours
from postroad.journeys.memory import MemoryDates, MemoryDoing, MemoryWalks
from postroad.journeys.running import Engine
from postroad.journeys.seeing import why_not
from postroad.journeys.simulated import CLICKED, ERASED, OF_SIMULATIONS, OPENED, SENT, UNSUBSCRIBED, Crowd
from postroad.journeys.timeline import Line, What
from postroad.journeys.wanting import is_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from postroad.activity.declared import Declared
    from postroad.caps.deciding import Cap, Counted
    from postroad.contacts.model import Contact
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan
    from postroad.journeys.running import Plans
    from postroad.journeys.seeing import Surroundings

__all__ = ["UNSUBSCRIBED", "Line", "Simulation"]
_INSTANT = timedelta(microseconds=1)
_REFUSED = frozenset(NotEnrolled) - {NotEnrolled.COPY, NotEnrolled.OTHER_EVENT}


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk that is due."""

    place: str


@dataclass(frozen=True, slots=True)
class _Day:
    """A contact's date whose day has come, for a journey that begins with it."""

    journey: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail that waited for a free slot."""

    walk: Enrolment
    mail: Mail


class Simulation:
    """Walks contacts through journeys; `lines` is what happened, in its order."""

    def __init__(
        self,
        plans: Plans,
        contacts: Iterable[Contact],
        *,
        around: Surroundings,
        declared: Declared | None = None,
        caps: Mapping[str, Sequence[Cap]] | None = None,
    ) -> None:
        """Begin with these contacts, of whom nothing else is known. `caps` are by category.

        Without `declared` all of an event is kept, and no facts follow from it.
        """
        self._plans = plans
        self._hours = LeavingHours(plans.all(), around)
        self._crowd = Crowd(contacts, around=around, declared=declared)
        self._walks = MemoryWalks()
        self._doing = MemoryDoing()
        self._caps = caps or {}
        self._counted: dict[tuple[str, str], Sequence[Counted]] = {}
        self._told = 0
        self._begun: set[str] = set()
        self._order = count()
        self._waiting: list[tuple[datetime, int, str, Event | _Walk | _Day | _Waiting]] = []
        self.engine = Engine(plans=plans, walks=self._walks, people=self._crowd, doing=self._doing)
        self._dates = MemoryDates()
        self._dated = DateTriggers(plans=plans, engine=self.engine, people=self._crowd, dates=self._dates)
        self._has_dates = bool(plans.dated())
        self.lines: list[Line] = []

    def run(
        self, events: Iterable[tuple[str, Event]], *, until: datetime, since: datetime | None = None
    ) -> list[Line]:
        """Let these events happen, by address key, and all that follows from them up to `until`.

        Dates of contacts count from `since` on, else from the first event on.
        """
        for address_key, event in events:
            self._at(event.at, address_key, event)
        begins = since or (self._waiting[0][0] if self._waiting else None)
        if begins is not None and self._has_dates:
            for address_key in self._crowd.everybody():
                self._dated.changed(address_key, now=begins)
            self._call_dates(begins)
        while self._waiting and self._waiting[0][0] <= until:
            now, _, address_key, what = heappop(self._waiting)
            match what:
                case Event():
                    self._tell(self._happens(address_key, what, now), now)
                case _Walk(place):
                    after = self.engine.due(address_key, place, now=now)
                    self._tell([after] if after else [], now)
                case _Day(journey):
                    began = self._dated.due(address_key, journey, now=now)
                    self._tell([began] if began else [], now)
                    self._call_dates(now)
                case _Waiting(walk, mail):
                    self._leave(walk, mail, now, waited=True)
        return self.lines

    def _at(self, moment: datetime, address_key: str, what: Event | _Walk | _Day | _Waiting) -> None:
        heappush(self._waiting, (moment, next(self._order), address_key, what))

    def _call_dates(self, now: datetime) -> None:
        """Wait for the days that were set since this was last asked."""
        for dated in self._dates.calls:
            if dated.next is not None:
                self._at(max(dated.next.at, now), dated.address_key, _Day(dated.journey))
        self._dates.calls.clear()

    def _happens(self, address_key: str, event: Event, now: datetime) -> list[Enrolment]:
        if not self._crowd.hears(address_key, event):
            return []
        # A cart's lines would fill the page; what conditions ask of is mostly plain.
        plain = ((name, value) for name, value in sorted(event.properties.items()) if _is_plain(value))
        said = ", ".join(f"{name}={value}" for name, value in plain)
        self.lines.append(Line(now, address_key, "", What.EVENT, f"{event.name} {said}".rstrip()))
        if event.name in {OPENED, CLICKED}:
            self._crowd.engages(self._walks.known(address_key), event)
        if event.name == SENT:
            category = str(event.properties.get("category", "marketing"))
            self._claim(address_key, category, event.event_id, now)
        if event.name == ERASED:
            for walk in self._walks.known(address_key):
                self._walks.forget(walk)
        if event.name in OF_SIMULATIONS - {UNSUBSCRIBED}:
            return []
        before = dict(self.engine.counts)
        changed = self.engine.take(address_key, event, now=now)
        for why in sorted(_REFUSED):
            if self.engine.counts[why] > before.get(why, 0):
                self.lines.append(Line(now, address_key, "", What.REFUSED, why))
        return changed

    def _tell(self, changed: Iterable[Enrolment], now: datetime) -> None:
        """Note what the walks that changed did, do it, and call them again when they are due."""
        for walk in changed:
            if walk.enrolment_id not in self._begun:
                self._begun.add(walk.enrolment_id)
                self._note(walk, now, What.BEGAN, walk.trigger.name if walk.trigger else "")
        while self._told < len(self._doing.done):
            walk, effect = self._doing.done[self._told]
            self._told += 1
            match effect:
                case Mail():
                    self._leave(walk, effect, now)
                case Notice():
                    self._note(walk, now, What.NOTICE, effect.name)
                case Attributes():
                    self._set(walk.address_key, effect, now)
                    said = ", ".join(f"{name}={value}" for name, value in effect.values.items())
                    self._note(walk, now, What.SET, said)
        for walk in changed:
            if walk.ended is not None:
                self._note(walk, now, walk.ended.value, walk.reason)
            if walk.due is not None:
                self._at(walk.due, walk.address_key, _Walk(walk.place))

    def _set(self, address_key: str, effect: Attributes, now: datetime) -> None:
        self._crowd.sets(address_key, effect.values)
        if self._has_dates:
            self._dated.changed(address_key, now=now)
            self._call_dates(now)

    def _leave(self, walk: Enrolment, mail: Mail, now: datetime, *, waited: bool = False) -> None:
        """Let a mail leave as `send` does: guarded again where it waited, and within the caps."""
        plan = self._plans.of(walk)
        known = self._crowd.known(walk.address_key)
        if plan is None or known is None:
            return None
        kind = self._crowd.around.kinds[plan.stream]
        if waited and not is_wanted(walk.enrolment_id, self._walks.known(walk.address_key)):
            return self._post(walk, mail, now, What.CANCELLED, Reason.JOURNEY_OVER.value)
        if why := why_not(known, plan, kind, now=now):
            return self._post(walk, mail, now, What.CANCELLED, why)
        free_at = None
        if kind is not StreamKind.TRANSACTIONAL:
            free_at = self._claim(walk.address_key, plan.category, mail.message_id, now)
        if free_at is None:
            return self._post(walk, mail, now, What.MAIL)
        if mail.if_capped == "drop":
            return self._post(walk, mail, now, What.CAPPED)
        turn = self._next_turn(walk, plan, mail, free_at)
        if turn is None:
            return self._post(walk, mail, now, What.CAPPED, "no free slot in its hours before its deadline")
        self._post(walk, mail, now, What.WAITS, f"until {turn.isoformat(timespec='seconds')}")
        return self._at(turn, walk.address_key, _Waiting(walk, mail))

    def _next_turn(self, walk: Enrolment, plan: Plan, mail: Mail, free_at: datetime) -> datetime | None:
        """Return when a mail that is over its cap goes on; None where that would be too late."""
        known = self._crowd.known(walk.address_key)
        expires = mail.at + MAX_AGE
        return self._hours.next_hour(
            plan.stream,
            Journey(name=walk.journey, version=walk.version, enrolment=walk.enrolment_id, step=mail.step),
            known.contact if known else None,
            asked=free_at,
            deadline=min(expires, mail.expires_at or expires) - _INSTANT,
        )

    def _claim(self, address_key: str, category: str, message_id: str, now: datetime) -> datetime | None:
        place = (address_key, category)
        counted = self._counted.get(place, ())
        claimed = claim(counted, self._caps.get(category, ()), message_id=message_id, now=now)
        self._counted[place] = claimed.counted
        return claimed.free_at

    def _post(self, walk: Enrolment, mail: Mail, now: datetime, what: What, why: str = "") -> None:
        detail = f"{mail.step}: {mail.template}" + (f" ({why})" if why else "")
        self.lines.append(
            Line(
                now,
                walk.address_key,
                walk.journey,
                what,
                detail,
                version=walk.version,
                step=mail.step,
                message_id=mail.message_id,
                template=mail.template,
                locale=mail.locale,
                data=mail.data,
            )
        )

    def _note(self, walk: Enrolment, now: datetime, what: str, detail: str) -> None:
        self.lines.append(Line(now, walk.address_key, walk.journey, what, detail, version=walk.version))


def _is_plain(value: object) -> bool:
    return not isinstance(value, list | dict)
