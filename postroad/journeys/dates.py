"""On which day a date of a contact's next begins a journey. Pure.

The rules:

- A date is `2026-11-22`, or comes back each year: `11-22`, or any date where the journey says `yearly`. So
  many days before or after it, at the journey's minute of the contact's own day, the journey begins.
- 29 February is 28 February in the years that have none.
- Only what is ahead begins anything: a date that is added, or a journey deployed, after its day waits for the
  next one.
- A day that was waited for stays the day, though the contact's clock is another by then: it begins at its
  minute there, or at once where that has passed. A day that was taken doesn't come again under another clock.
"""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from postroad.activity.event import Event
from postroad.journeys.next_send_time import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from postroad.journeys.plan import DateTrigger

REACHED = "date.reached"
"""The event that stands for a date in conditions: `event.properties.date`, `.attribute`, `.day`."""
_MINUTES = 60
_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})", re.ASCII)
_FEBRUARY, _LEAP_DAY = 2, 29
_YEARS = 10
"""So far ahead it looks: further than the days before a date, and a day that was taken, can push the next."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A day, on the contact's own calendar, and the moment of it at which the journey begins, in UTC."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What is kept for a contact and a journey that a date begins: what is next, and what was.

    `value` and `rule` are what `next` was reckoned from. `taken` is the last day that began the journey.
    `writes` counts its own, from 1.
    """

    address_key: str
    journey: str
    value: str = ""
    rule: str = ""
    next: Occurrence | None = None
    taken: date | None = None
    writes: int = 1


def upcoming(
    trigger: DateTrigger, value: object, zone: ZoneInfo, *, standing: Dated | None = None, now: datetime
) -> Occurrence | None:
    """Return what is next of a contact's date; None where there is no date, or it is over."""
    if standing is not None and standing.next is not None:
        same = standing.value == value and standing.rule == rule_of(trigger)
        if same and standing.next.day != standing.taken:
            return _on(standing.next.day, trigger, zone)
    taken = standing.taken if standing is not None else None
    for day in _days(trigger, value, now.year):
        found = None if taken is not None and day <= taken else _on(day, trigger, zone)
        if found is not None and found.at > now:
            return found
    return None


def reached(trigger: DateTrigger, value: str, occurrence: Occurrence) -> Event:
    """Return the event that stands for a date: the same for the same day, however often it is told."""
    day = occurrence.day.isoformat()
    properties = {"attribute": trigger.attribute, "date": value, "day": day}
    return Event(REACHED, occurrence.at, f"date:{trigger.attribute}:{trigger.days}:{day}", properties)


def rule_of(trigger: DateTrigger) -> str:
    """Return what of a trigger decides on the moment: where it differs, the next day is reckoned anew."""
    yearly = " yearly" if trigger.yearly else ""
    return f"{trigger.attribute} {trigger.days:+d} {trigger.minute}{yearly}"


def _days(trigger: DateTrigger, value: object, year: int) -> Iterator[date]:
    """Yield the days on which a date begins a journey, from the year before on, in their order."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return
    known, month, day = found[1], int(found[2]), int(found[3])
    comes_again = known is None or trigger.yearly
    # From two years ago on, so that a day that is long after its date, or long before it, is found as well.
    years = range(max(year - 2, int(known or 0)), year + _YEARS) if comes_again else (int(known or 0),)
    for each in years:
        on = _date(each, month, day, moves=comes_again)
        if on is None:
            continue
        try:
            yield on + timedelta(days=trigger.days)
        except OverflowError:
            return


def _date(year: int, month: int, day: int, *, moves: bool = False) -> date | None:
    """Return a date, None for one that isn't; 29 February moves to the day before in other years."""
    if moves and (month, day) == (_FEBRUARY, _LEAP_DAY) and not isleap(year):
        day -= 1
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _on(day: date, trigger: DateTrigger, zone: ZoneInfo) -> Occurrence | None:
    try:
        return Occurrence(
            day, moment_of(day, time(trigger.minute // _MINUTES, trigger.minute % _MINUTES), zone)
        )
    except OverflowError:
        return None
