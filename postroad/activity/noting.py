"""What becomes of a contact when something happens to them. Pure: the stores carry it out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postroad.activity.event import NOTHING, Event
from postroad.activity.facts import with_event
from postroad.contacts.model import Contact, NewContact
from postroad.contacts.saving import saving
from postroad.contract.event import check_event_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postroad.activity.declared import Declared
    from postroad.activity.facts import Fact
    from postroad.contacts.saving import Saving
    from postroad.contract.event import ContactEvent

MOST_EVENTS = 50
MOST_BYTES = 60_000
"""Of the recent events, as JSON: DynamoDB is paid by the KB at each write, and takes 400 KB an item."""
REMEMBERED = timedelta(days=90)
"""So long the id of an event is known, from when it came: a copy that comes later counts again."""
SOURCE = "event"
"""Where a contact comes from who was not known before."""


class Noted(StrEnum):
    """What became of an event that came."""

    NEW = "new"
    AGAIN = "again"
    """It was noted before, and nobody is known to have told the journeys of it."""
    COPY = "copy"
    """It was noted before, and the journeys have been told."""
    ERASED = "erased"
    """Nothing is kept of it: the contact's data were erased, as they had asked."""

    @property
    def concerns_journeys(self) -> bool:
        """Whether the journeys are to be told."""
        return self in {Noted.NEW, Noted.AGAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event, and whose. What is said of them fills in what isn't known: empty texts say nothing."""

    address_key: str
    event: Event = field(repr=False)
    email: str = field(repr=False)
    name: str = field(default="", repr=False)
    locale: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """What is kept of all that a contact did: facts, and the newest events, oldest first.

    `version` counts the writes, from 1; 0 where nothing is kept.
    """

    facts: Mapping[str, Fact] = field(default_factory=lambda: NOTHING)
    events: tuple[Event, ...] = ()
    version: int = 0


def happened_of(event: ContactEvent, *, address_key: str, now: datetime) -> Happened:
    """Return what an event of the contract says, by its time in UTC.

    One from a clock that is ahead counts as of now. Raises InvalidEvent for one from more than a day ahead.
    """
    contact = event.contact
    return Happened(
        address_key=address_key,
        event=Event(
            event.name, check_event_time(event, now=now).astimezone(UTC), event.event_id, event.properties
        ),
        email=contact.email,
        name=(contact.name or "").strip(),
        locale=contact.locale or "",
        time_zone=_known_zone(contact.time_zone or ""),
    )


def noting(before: Activity, event: Event, declared: Declared) -> Activity:
    """Return what is kept once this event has happened too, whenever it happened."""
    facts = with_event(before.facts, event, declared.rules)
    events = sorted((*before.events, declared.kept_of(event)), key=lambda each: each.at)
    return Activity(facts, newest(events), before.version + 1)


def newest(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return the newest of these, which come oldest first: as many as are kept."""
    room, kept = MOST_BYTES, list[Event]()
    for event in reversed(list(events)):
        room -= len(events_text((event,)).encode())
        if room < 0 or len(kept) == MOST_EVENTS:
            break
        kept.append(event)
    return tuple(reversed(kept))


def meeting(contact: Contact | None, happened: Happened, *, now: datetime) -> Saving:
    """Decide what becomes of the profile: one who wasn't known has one, and what was empty is filled in.

    It agrees to nothing, and changes nothing that was known: that is for whoever keeps the contacts.
    """
    known = contact or Contact(happened.address_key, "")
    return saving(
        contact,
        NewContact(
            happened.address_key,
            known.email or happened.email,
            SOURCE,
            name=known.name or happened.name,
            locale=known.locale or happened.locale,
            time_zone=known.time_zone or happened.time_zone,
        ),
        now=now,
    )


def facts_text(facts: Mapping[str, Fact]) -> str:
    """Write facts as JSON."""
    return json.dumps(dict(facts), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def events_text(events: Iterable[Event]) -> str:
    """Write events as JSON: a list of [name, time, id, properties]."""
    rows = [[each.name, each.at.isoformat(), each.event_id, dict(each.properties)] for each in events]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def read_events(text: str) -> tuple[Event, ...]:
    """Read what `events_text` wrote."""
    rows: list[tuple[str, str, str, dict[str, Any]]] = json.loads(text)
    return tuple(
        Event(name, datetime.fromisoformat(at), event_id, properties)
        for name, at, event_id, properties in rows
    )


def _known_zone(name: str) -> str:
    """Return a name of the IANA database, nothing for one that isn't in it."""
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the database
        return ""
