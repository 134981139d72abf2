"""What a journey sees of a contact, and whether it may mail them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from postroad.activity.event import NOTHING
from postroad.contacts.model import ConsentStatus
from postroad.contract.words import StreamKind
from postroad.journeys.advancing import View
from postroad.journeys.holidays_of import holidays_of
from postroad.journeys.next_send_time import never
from postroad.journeys.places import NOWHERE, place_of, zones_from
from postroad.journeys.plan import ANY_TIME
from postroad.suppression.model import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from postroad.activity.event import Event
    from postroad.activity.facts import Fact
    from postroad.contacts.model import Contact
    from postroad.journeys.places import Home
    from postroad.journeys.plan import Hours, Plan
    from postroad.suppression.model import Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is kept of a contact: for one view of them, read once."""

    contact: Contact
    suppression: Suppression | None = None
    facts: Mapping[str, Fact] = field(default_factory=lambda: NOTHING)
    events: Sequence[Event] = ()
    engagement: Mapping[str, Mapping[str, bool]] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all contacts: each stream's kind and hours, whence clocks and holidays come."""

    kinds: Mapping[str, StreamKind]
    zone_of: Callable[[Contact], ZoneInfo]
    holidays_of: Callable[[Contact], Callable[[date], bool]] = lambda _contact: never
    hours: Mapping[str, Hours] = field(default_factory=lambda: NOTHING)


def surroundings(
    kinds: Mapping[str, StreamKind], *, hours: Mapping[str, Hours] = NOTHING, home: Home = NOWHERE
) -> Surroundings:
    """Return the surroundings on a stage, deployed or simulated: with clocks guessed, and public holidays.

    `hours` are those of the streams that have any, `home` is where contacts are of whom nothing is known.
    """

    def holidays(contact: Contact) -> Callable[[date], bool]:
        place = place_of(contact, home)
        return holidays_of(place.country, place.subdivision)

    return Surroundings(kinds, zones_from(home), holidays, hours)


def view_of(known: Known, plan: Plan, around: Surroundings, *, now: datetime) -> View:
    """Return what a journey sees: `contact.name`, `.locale`, `.time_zone`, `.topics`, `.attributes`."""
    contact = known.contact
    zone = around.zone_of(contact)
    return View(
        zone=zone,
        contact={
            "name": contact.name,
            "locale": contact.locale,
            "time_zone": contact.time_zone,
            "topics": {name: standing.status.value for name, standing in contact.topics.items()},
            "attributes": dict(contact.attributes),
        },
        facts=known.facts,
        events=known.events,
        engagement=known.engagement,
        may_mail=why_not(known, plan, around.kinds[plan.stream], now=now),
        email=contact.email,
        today=now.astimezone(zone).date().isoformat(),
        is_holiday=around.holidays_of(contact),
        hours=around.hours.get(plan.stream, ANY_TIME),
    )


def why_not(known: Known, plan: Plan, kind: StreamKind, *, now: datetime) -> str:
    """Return why a contact may not be mailed by this journey; an empty text where they may.

    Mail that can be left needs consent to its topic; transactional mail doesn't.
    """
    if known.suppression is not None:
        entry = blocks(known.suppression, stream=plan.stream, kind=kind, topic=plan.topic or None, now=now)
        if entry is not None:
            return f"suppressed: {entry.reason.value}"
    if kind is StreamKind.TRANSACTIONAL:
        return ""
    standing = known.contact.topics.get(plan.topic)
    if standing is None:
        return f"no consent to {plan.topic}"
    return (
        ""
        if standing.status is ConsentStatus.GRANTED
        else f"consent to {plan.topic}: {standing.status.value}"
    )


def zone_or(default: ZoneInfo) -> Callable[[Contact], ZoneInfo]:
    """Return what takes a contact's own time zone, and this one where none is known."""

    def zone_of(contact: Contact) -> ZoneInfo:
        return ZoneInfo(contact.time_zone) if contact.time_zone else default

    return zone_of
