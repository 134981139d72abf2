"""The contacts of a simulation: what is known of them, and how that changes as things happen. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from postroad.activity.noting import Activity, newest, noting
from postroad.contacts.model import ConsentStatus, TopicStanding
from postroad.contract.words import Reason
from postroad.journeys.seeing import Known, view_of
from postroad.suppression.model import ScopeEntry, Suppression, topic_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from postroad.activity.declared import Declared
    from postroad.activity.event import Event
    from postroad.contacts.model import Contact
    from postroad.journeys.advancing import View
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan
    from postroad.journeys.seeing import Surroundings

UNSUBSCRIBED = "contact.unsubscribed"
"""In a simulation's events: the contact leaves the topic named by the property `topic`."""
ERASED = "contact.erased"
"""The contact's data are erased."""
OPENED, CLICKED = "mail.opened", "mail.clicked"
"""A person opened, or clicked a link of, the mail of the property `step`; of `journey`, where it is given."""
SENT = "mail.sent"
"""Another mail of the property `category`, beside those of journeys, was sent: it counts for caps."""
OF_SIMULATIONS = frozenset({UNSUBSCRIBED, ERASED, OPENED, CLICKED, SENT})
"""Events that stand for what comes to the deployed product by other ways."""


class Crowd:
    """`People` in dictionaries, whose contacts change as the simulation goes on."""

    def __init__(
        self, contacts: Iterable[Contact], *, around: Surroundings, declared: Declared | None = None
    ) -> None:
        """Begin with these contacts, of whom nothing else is known.

        Without `declared` all of an event is kept, and no facts follow from it.
        """
        self.around = around
        self._known = {each.address_key: Known(contact=each) for each in contacts}
        self._seen: set[tuple[str, str]] = set()
        self._declared = declared
        self._engaged: dict[str, dict[str, dict[str, bool]]] = {}

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        """Return what a journey sees; see `People.view`."""
        known = self._known.get(address_key)
        if known is None:
            return None
        if walk is not None and walk.sent:
            engaged = self._engaged.get(walk.enrolment_id, {})
            nothing = {"opened": False, "clicked": False}
            known = replace(known, engagement={step: engaged.get(step, nothing) for step in walk.sent})
        return view_of(known, plan, self.around, now=now)

    def known(self, address_key: str) -> Known | None:
        """Return all that is known of a contact; None of somebody unknown or erased."""
        return self._known.get(address_key)

    def everybody(self) -> list[str]:
        """Return the address keys of all who are known."""
        return list(self._known)

    def hears(self, address_key: str, event: Event) -> bool:
        """Let something happen to a contact; False for a copy, and for somebody who isn't known."""
        known = self._known.get(address_key)
        if known is None or (address_key, event.event_id) in self._seen:
            return False
        self._seen.add((address_key, event.event_id))
        if event.name == ERASED:
            del self._known[address_key]
            return True
        if self._declared is None:
            known = replace(known, events=newest((*known.events, event)))
        else:
            kept = noting(Activity(known.facts, tuple(known.events)), event, self._declared)
            known = replace(known, events=kept.events, facts=kept.facts)
        self._known[address_key] = _left(known, event) if event.name == UNSUBSCRIBED else known
        return True

    def engages(self, walks: Iterable[Enrolment], event: Event) -> None:
        """Note that a person opened or clicked a mail of one of these walks; a click opens it as well."""
        step, journey = str(event.properties.get("step", "")), event.properties.get("journey")
        for walk in walks:
            if step in walk.sent and journey in {None, walk.journey}:
                before = self._engaged.setdefault(walk.enrolment_id, {}).get(step, {})
                clicked = event.name == CLICKED or before.get("clicked", False)
                self._engaged[walk.enrolment_id][step] = {"opened": True, "clicked": clicked}

    def sets(self, address_key: str, values: Mapping[str, Any]) -> None:
        """Set attributes of a contact; None forgets one."""
        known = self._known[address_key]
        attributes = {**known.contact.attributes, **values}
        kept = {name: value for name, value in attributes.items() if value is not None}
        self._known[address_key] = replace(known, contact=replace(known.contact, attributes=kept))


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
