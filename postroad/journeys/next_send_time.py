"""At which moment a mail may leave: the one place where that is decided. Pure.

The rules, where a clock is put forward or back:

- A moment is allowed if the clock on the recipient's wall then shows a time within the hours, on a day that
  isn't excluded. So an hour that happens twice is allowed twice, and one that is skipped never.
- Where a span begins within a skipped hour, it begins when the hour has been skipped.
- A local time that happens twice (`moment_of`) is its first occurrence; one that is skipped is the moment at
  which the clock was put forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from postroad.journeys.hours import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from postroad.journeys.hours import Span, WeekHours

FURTHEST_DAYS = 366
"""Whoever may not be mailed on any day of a year has hours that can't be meant."""
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MINUTES = 60


def never(_day: date) -> bool:
    """Exclude no day."""
    return False


@dataclass(frozen=True, slots=True)
class Rules:
    """When a recipient may be mailed. `excluded` says of their local dates which are left out: holidays.

    `spread` is over how long those who are due at one moment are spread, each at a place of their own.
    """

    hours: WeekHours = ALWAYS
    excluded: Callable[[date], bool] = never
    spread: timedelta = timedelta(0)


def next_send_time(
    asked: datetime, zone: ZoneInfo, rules: Rules, *, deadline: datetime | None = None, key: str = ""
) -> datetime | None:
    """Return the first allowed moment from `asked` on, in UTC; None where there is none.

    None means that it would be later than `deadline`, or that a year holds no allowed moment. With a spread
    the moment lies within so much of the first one, and within the same span of the same day: where exactly
    is told by `key`, the same for the same key. A deadline cuts the spread short, too.
    """
    found = _first(asked.astimezone(UTC), zone, rules)
    if found is None or (deadline is not None and found.begins > deadline):
        return None
    latest = min(found.begins + rules.spread, found.ends - _SECOND)
    if deadline is not None:
        latest = min(latest, deadline)
    room = max(latest - found.begins, timedelta(0))
    return found.begins + timedelta(seconds=int(room.total_seconds() * _place(key)))


def is_allowed(moment: datetime, zone: ZoneInfo, rules: Rules) -> bool:
    """Say whether the clock on the recipient's wall allows this moment."""
    wall = moment.astimezone(zone)
    minute = wall.hour * _MINUTES + wall.minute
    spans = rules.hours.on(wall.weekday())
    return any(span.opens <= minute < span.closes for span in spans) and not rules.excluded(wall.date())


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return, in UTC, when the clock on the wall shows this time on this day."""
    wall = datetime.combine(day, at, zone)
    first = wall.replace(fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return first
    # A skipped time: fold=0 reads it with the offset before, fold=1 with the one after, so they lie around.
    return _change(wall.replace(fold=1).astimezone(UTC), first, zone)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Allowed moments without a gap: from `begins` up to, and without, `ends`."""

    begins: datetime
    ends: datetime


def _first(asked: datetime, zone: ZoneInfo, rules: Rules) -> _Stretch | None:
    today = asked.astimezone(zone).date()
    # A clock put back over midnight makes the day before begin again.
    for days in range(-1, FURTHEST_DAYS + 1):
        day = today + timedelta(days=days)
        spans = rules.hours.on(day.weekday())
        if not spans or rules.excluded(day):
            continue
        later = [stretch for stretch in _stretches(day, spans, zone) if stretch.ends > asked]
        if later:
            first = min(later, key=lambda each: each.begins)
            return _Stretch(max(first.begins, asked), first.ends)
    return None


def _stretches(day: date, spans: tuple[Span, ...], zone: ZoneInfo) -> Iterator[_Stretch]:
    """Yield the moments of a local day that lie in its spans."""
    for begins, ends, offset in _parts(day, zone):
        midnight = datetime.combine(day, time(), UTC) - offset
        for span in spans:
            opens = max(begins, midnight + timedelta(minutes=span.opens))
            closes = min(ends, midnight + timedelta(minutes=span.closes))
            if opens < closes:
                yield _Stretch(opens, closes)


def _parts(day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the moments around a local day, parted where the offset from UTC changes, with their offsets."""
    # No offset is further from UTC than a day.
    middle = datetime.combine(day, time(), UTC)
    begins, ends = middle - _DAY, middle + 2 * _DAY
    while begins < ends:
        offset = _offset(begins, zone)
        until = begins
        # Six hours at a time: two changes are never nearer to each other than that.
        while until < ends and _offset(until, zone) == offset:
            until += timedelta(hours=6)
        until = min(until, ends)
        if _offset(until, zone) != offset:
            until = _change(until - timedelta(hours=6), until, zone)
        yield begins, until, offset
        begins = until


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment, to the second, at which the offset is no longer that of `before`."""
    offset = _offset(before, zone)
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle <= before:
            break
        before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _place(key: str) -> float:
    """Return where in a spread this key lies: 0 up to, and without, 1."""
    return int.from_bytes(sha256(key.encode()).digest()[:6]) / 2**48 if key else 0.0
