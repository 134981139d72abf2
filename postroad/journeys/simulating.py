"""A journey walked before it runs: the real engine over stores in memory, under a clock of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from postroad.activity.facts import with_event
from postroad.contacts.model import ConsentStatus, TopicStanding
from postroad.contract.words import Reason
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.running import Engine
from postroad.journeys.seeing import Known, view_of
from postroad.suppression.model import ScopeEntry, Suppression, topic_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from postroad.activity.event import Event
    from postroad.activity.facts import Rule
    from postroad.contacts.model import Contact
    from postroad.journeys.advancing import View
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan
    from postroad.journeys.running import Plans
    from postroad.journeys.seeing import Surroundings

UNSUBSCRIBED = "contact.unsubscribed"
"""In a simulation's events: the contact leaves the topic named by the property `topic`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: a mail, a notice, attributes set, or the end of a walk."""

    at: datetime
    address_key: str
    journey: str
    what: str
    """`mail`, `notice`, `set`, `began`, or how the walk ended."""
    detail: str = ""


@dataclass(slots=True)
class _Memory:
    """`People` in a dictionary, whose contacts change as the simulation goes on."""

    around: Surroundings
    known: dict[str, Known] = field(default_factory=dict)

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        del walk
        known = self.known.get(address_key)
        return None if known is None else view_of(known, plan, self.around, now=now)


class Simulation:
    """Walks contacts through journeys; `lines` is what happened, in its order."""

    def __init__(
        self, plans: Plans, contacts: Iterable[Contact], *, around: Surroundings, rules: Sequence[Rule] = ()
    ) -> None:
        """Begin with these contacts, of whom nothing else is known."""
        self._people = _Memory(around, {each.address_key: Known(contact=each) for each in contacts})
        self._walks = MemoryWalks()
        self._doing = MemoryDoing()
        self._rules = tuple(rules)
        self._told = 0
        self._begun: set[str] = set()
        self.engine = Engine(plans=plans, walks=self._walks, people=self._people, doing=self._doing)
        self.lines: list[Line] = []

    def run(self, events: Iterable[tuple[str, Event]], *, until: datetime) -> list[Line]:
        """Let these events happen, by address key, and all that follows from them up to `until`."""
        order = count()
        waiting: list[tuple[datetime, int, str, Event | str]] = [
            (event.at, next(order), address_key, event) for address_key, event in events
        ]
        heapify(waiting)
        while waiting and waiting[0][0] <= until:
            now, _, address_key, what = heappop(waiting)
            if isinstance(what, str):
                after = self.engine.due(address_key, what, now=now)
                changed = [after] if after else []
            else:
                changed = self._happens(address_key, what, now)
            self._tell(changed, now)
            for walk in changed:
                if walk.due is not None:
                    heappush(waiting, (walk.due, next(order), address_key, walk.place))
        return self.lines

    def _happens(self, address_key: str, event: Event, now: datetime) -> list[Enrolment]:
        known = self._people.known.get(address_key)
        if known is None or any(event.event_id == each.event_id for each in known.events):
            return []
        facts = with_event(known.facts, event, self._rules)
        known = replace(known, events=(*known.events, event), facts=facts)
        self._people.known[address_key] = _left(known, event) if event.name == UNSUBSCRIBED else known
        return self.engine.take(address_key, event, now=now)

    def _tell(self, changed: Iterable[Enrolment], now: datetime) -> None:
        """Note what the walks that changed did, and let attributes be set."""
        for walk in changed:
            if walk.enrolment_id not in self._begun:
                self._begun.add(walk.enrolment_id)
                self._note(walk, now, "began", walk.trigger.name if walk.trigger else "")
        while self._told < len(self._doing.done):
            walk, effect = self._doing.done[self._told]
            self._told += 1
            match effect:
                case Mail():
                    self._note(walk, now, "mail", f"{effect.step}: {effect.template}")
                case Notice():
                    self._note(walk, now, "notice", effect.name)
                case Attributes():
                    self._set(walk.address_key, effect)
                    self._note(walk, now, "set", ", ".join(effect.values))
        for walk in changed:
            if walk.ended is not None:
                self._note(walk, now, walk.ended.value, walk.reason)

    def _set(self, address_key: str, effect: Attributes) -> None:
        known = self._people.known[address_key]
        attributes = {**known.contact.attributes, **effect.values}
        self._people.known[address_key] = replace(
            known, contact=replace(known.contact, attributes=attributes)
        )

    def _note(self, walk: Enrolment, now: datetime, what: str, detail: str) -> None:
        self.lines.append(Line(now, walk.address_key, walk.journey, what, detail))


def _left(known: Known, event: Event) -> Known:
    topic = str(event.properties.get("topic", ""))
    entry = ScopeEntry(Reason.UNSUBSCRIBED, "simulation", event.at, None, event.event_id)
    standing = known.suppression or Suppression(known.contact.address_key, "", {})
    withdrawn = TopicStanding(ConsentStatus.WITHDRAWN, event.at)
    return replace(
        known,
        suppression=replace(standing, scopes={**standing.scopes, topic_scope(topic): entry}),
        contact=replace(known.contact, topics={**known.contact.topics, topic: withdrawn}),
    )
