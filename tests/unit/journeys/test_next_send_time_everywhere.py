"""Each claim of `next_send_time` in every time zone, over ten years, with each country's public holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest

from postroad.journeys.countries import country_of_zone
from postroad.journeys.holidays_of import holidays_of
from postroad.journeys.hours import DAY, Span, every_day, on_days
from postroad.journeys.next_send_time import Rules, is_allowed, next_send_time

if TYPE_CHECKING:
    from postroad.journeys.hours import WeekHours

pytestmark = pytest.mark.slow

ZONES = sorted(available_timezones() - {"localtime"})
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 10 * 365 * 86_400
SECOND, QUARTER = timedelta(seconds=1), timedelta(minutes=15)
EACH = 40
"""Moments that are tried in each zone."""
WEEKS = (
    on_days(range(5), Span(9 * 60, 17 * 60)),
    every_day(Span(0, DAY)).without(21 * 60, 8 * 60),
    on_days({1, 5, 6}, Span(0, 30), Span(120, 195), Span(23 * 60 + 45, DAY)),
    on_days(range(6), Span(8 * 60, 20 * 60)).without(12 * 60 + 30, 14 * 60),
)


def earliest(asked: datetime, zone: ZoneInfo, rules: Rules) -> datetime:
    """Find it by looking at the moment itself, and then at every quarter of an hour."""
    if is_allowed(asked, zone, rules):
        return asked
    moment = asked - (asked - FIRST) % QUARTER
    while not is_allowed(moment, zone, rules) or moment < asked:
        moment += QUARTER
    return moment


def rules_in(name: str, week: WeekHours, spread: timedelta = timedelta(0)) -> Rules:
    return Rules(week, holidays_of(country_of_zone(name)), spread)


@pytest.mark.parametrize("start", range(8))
def test_in_every_zone_it_is_the_earliest_allowed_moment_and_no_holiday(start: int) -> None:
    for name in ZONES[start::8]:
        zone, dice = ZoneInfo(name), Random(name)  # noqa: S311 - the same moments each time
        is_holiday = holidays_of(country_of_zone(name))
        for number in range(EACH):
            asked = FIRST + timedelta(seconds=dice.randrange(SECONDS))
            rules = rules_in(name, WEEKS[number % len(WEEKS)])
            found = next_send_time(asked, zone, rules)
            assert found is not None
            assert found >= asked
            assert is_allowed(found, zone, rules)
            assert not is_holiday(found.astimezone(zone).date())
            assert found == earliest(asked, zone, rules), (name, asked)


@pytest.mark.parametrize("start", range(8))
def test_in_every_zone_a_spread_stays_in_the_window_and_before_the_deadline(start: int) -> None:
    for name in ZONES[start::8]:
        zone, dice = ZoneInfo(name), Random(f"spread {name}")  # noqa: S311 - as above
        for number in range(EACH):
            asked = FIRST + timedelta(seconds=dice.randrange(SECONDS))
            week = WEEKS[number % len(WEEKS)]
            spread = timedelta(seconds=dice.randrange(86_400))
            first = next_send_time(asked, zone, rules_in(name, week))
            assert first is not None
            deadline = first + timedelta(seconds=dice.randrange(7200))
            rules = rules_in(name, week, spread)
            found = next_send_time(asked, zone, rules, deadline=deadline, key=f"contact {number}")
            assert found is not None
            assert first <= found <= min(first + spread, deadline)
            assert is_allowed(found, zone, rules)
            assert next_send_time(asked, zone, rules, deadline=first - SECOND) is None
