"""What happened in a simulation, moment by moment, as people and tests read it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from postroad.activity.event import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Contact

_UTC = ZoneInfo("UTC")


class What(StrEnum):
    """What a line tells of. A walk that ended is told by the word of `Ended`."""

    EVENT = "event"
    """Something that the contact did, as the events' file says."""
    REFUSED = "not begun"
    """An event that would have begun a walk didn't: by a word of `NotEnrolled`."""
    BEGAN = "began"
    MAIL = "mail"
    """A mail left."""
    WAITS = "waits"
    """A mail waits for a free slot within its hours: the contact had enough of its category."""
    CAPPED = "capped"
    """A mail was left out: the contact had enough, and it isn't to wait, or would wait too long."""
    CANCELLED = "cancelled"
    """A mail that had waited was wanted no more: its walk had ended, or the contact had left."""
    NOTICE = "notice"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `what` is a word of `What` or `Ended`; `journey` is empty for events.

    `data` are the mail's, or what was set or told.
    """

    at: datetime
    address_key: str
    journey: str
    what: str
    detail: str = ""
    version: int = 0
    step: str = ""
    message_id: str = ""
    template: str = ""
    locale: str = ""
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Who:
    """A contact as a timeline names them, and the zone of their wall's clock."""

    email: str
    zone: ZoneInfo = _UTC
    locale: str = ""


def who_of(contacts: Iterable[Contact], zones: Mapping[str, ZoneInfo]) -> dict[str, Who]:
    """Return by address key how a timeline names contacts."""
    return {
        each.address_key: Who(each.email, zones.get(each.address_key, _UTC), each.locale) for each in contacts
    }


def timeline(lines: Sequence[Line], people: Mapping[str, Who]) -> Iterator[str]:
    """Yield the lines of a text: contact by contact, each in the time of their own wall's clock.

    Contacts come in the order in which something first happened to them.
    """
    by_contact: dict[str, list[Line]] = {}
    for line in lines:
        by_contact.setdefault(line.address_key, []).append(line)
    width = max((len(line.journey) for line in lines), default=0)
    for number, (address_key, theirs) in enumerate(by_contact.items()):
        if number:
            yield ""
        who = people.get(address_key, Who(address_key))
        yield ", ".join(filter(None, (who.email, who.zone.key, who.locale)))
        for line in theirs:
            journey = f"{line.journey:<{width}}  " if width else ""
            yield f"  {local(line.at, who.zone)}  {journey}{line.what:<9}  {line.detail}".rstrip()


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return `Tue 2026-03-24 09:00:00 +01:00`: the weekday tells holidays and hours at a glance."""
    wall = moment.astimezone(zone)
    shown = wall.replace(microsecond=0).isoformat(sep=" ")
    return f"{_DAYS[wall.weekday()]} {shown[:19]} {shown[19:]}"


def record(line: Line, people: Mapping[str, Who]) -> dict[str, Any]:
    """Return one thing that happened as a table of JSON; what it has nothing of is left out."""
    who = people.get(line.address_key, Who(line.address_key))
    said = {
        "at": line.at.isoformat().replace("+00:00", "Z"),
        "local": line.at.astimezone(who.zone).isoformat(),
        "zone": who.zone.key,
        "email": who.email,
        "what": line.what,
        "journey": line.journey,
        "version": line.version,
        "step": line.step,
        "message_id": line.message_id,
        "template": line.template,
        "locale": line.locale,
        "data": dict(line.data),
        "detail": line.detail,
    }
    return {name: value for name, value in said.items() if value}


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
