"""When mail may leave, in a recipient's own week. Pure.

All of it is wall time: what the clock on their wall shows. A time of day is a number of minutes since the
day began, 0 to 1,440.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DAYS = 7
DAY = 24 * 60


class HoursError(ValueError):
    """The hours contradict themselves, or leave no minute of the week."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the minute `opens` up to, and without, the minute `closes` of one day."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        """Hold it to one day, with a minute in it at least."""
        if not 0 <= self.opens < self.closes <= DAY:
            raise HoursError(
                f"expected minutes of one day, the first before the last, got {self.opens} to {self.closes}"
            )


@dataclass(frozen=True, slots=True)
class WeekHours:
    """The spans of each weekday, Monday first, each day's in order and apart from one another."""

    days: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        """Hold it to seven days whose spans don't touch."""
        if len(self.days) != DAYS:
            raise HoursError(f"expected the spans of {DAYS} days, got {len(self.days)}")
        for spans in self.days:
            if any(later.opens <= earlier.closes for earlier, later in pairwise(spans)):
                raise HoursError("expected the spans of a day in their order, and a minute between any two")

    def on(self, weekday: int) -> tuple[Span, ...]:
        """Return the spans of a weekday, 0 for Monday."""
        return self.days[weekday]

    def within(self, other: WeekHours) -> WeekHours:
        """Return the hours that both allow, which may be none."""
        return WeekHours(
            tuple(_common(mine, theirs) for mine, theirs in zip(self.days, other.days, strict=True))
        )

    def without(self, opens: int, closes: int) -> WeekHours:
        """Return the hours that are left where nothing is sent from `opens` to `closes`, quiet hours.

        They may go over midnight: 1320 to 420 are ten in the evening to seven in the morning. The same minute
        twice is no time at all.
        """
        if opens == closes:
            return self
        loud = [(0, opens), (closes, DAY)] if opens < closes else [(closes, opens)]
        return self.within(every_day(*(Span(*each) for each in loud if each[0] < each[1])))

    def __bool__(self) -> bool:
        """Say whether there is any minute in the week."""
        return any(self.days)


def every_day(*spans: Span) -> WeekHours:
    """Return the week that has these spans on each day."""
    return WeekHours((_joined(spans),) * DAYS)


def on_days(weekdays: Iterable[int], *spans: Span) -> WeekHours:
    """Return the week that has these spans on these weekdays, 0 for Monday, and nothing on the others."""
    wanted = frozenset(weekdays)
    if not wanted <= frozenset(range(DAYS)):
        raise HoursError(f"expected weekdays from 0 (Monday) to {DAYS - 1}, got {sorted(wanted)}")
    joined = _joined(spans)
    return WeekHours(tuple(joined if day in wanted else () for day in range(DAYS)))


def _common(mine: Sequence[Span], theirs: Sequence[Span]) -> tuple[Span, ...]:
    both = [(max(one.opens, other.opens), min(one.closes, other.closes)) for one in mine for other in theirs]
    return _joined([Span(opens, closes) for opens, closes in both if opens < closes])


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in order, those that touch as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: each.opens):
        if joined and span.opens <= joined[-1].closes:
            joined[-1] = Span(joined[-1].opens, max(joined[-1].closes, span.closes))
        else:
            joined.append(span)
    return tuple(joined)


ALWAYS = every_day(Span(0, DAY))
