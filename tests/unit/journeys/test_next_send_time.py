from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.journeys.hours import ALWAYS, DAY, Span, WeekHours, every_day, on_days
from postroad.journeys.next_send_time import Rules, is_allowed, moment_of, next_send_time

ZONES = sorted(available_timezones() - {"localtime"})
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
"""Every zone has changed its clock at quarters of an hour only, by quarters, since 1990 and more."""
WORK = on_days(range(5), Span(9 * 60, 17 * 60))
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def earliest(asked: datetime, zone: ZoneInfo, rules: Rules) -> datetime:
    """Find it by looking at every quarter of an hour."""
    moment = asked
    while not is_allowed(moment, zone, rules):
        moment += QUARTER
    return moment


def changes(zone: ZoneInfo) -> list[datetime]:
    """Return the quarters at which this zone's clock is changed, a day apart at least."""
    days = [FIRST + timedelta(days=each) for each in range((LAST - FIRST).days)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    found = []
    for (day, before), (_, after) in pairwise(zip(days, offsets, strict=True)):
        if before != after:
            moment = day
            while moment.astimezone(zone).utcoffset() == before:
                moment += QUARTER
            found.append(moment)
    return found


def quarters(first: int, last: int) -> st.SearchStrategy[int]:
    return st.integers(first, last).map(lambda each: each * 15)


spans = (
    st.tuples(quarters(0, 96), quarters(0, 96))
    .filter(lambda each: each[0] < each[1])
    .map(lambda each: Span(*each))
)
hours = st.builds(
    lambda weekdays, some: on_days(weekdays, *some),
    st.sets(st.integers(0, 6), min_size=1),
    st.lists(spans, min_size=1, max_size=3),
)
moments = st.integers(0, (LAST - FIRST) // QUARTER - 1).map(lambda each: FIRST + each * QUARTER)


@given(moments, st.sampled_from(ZONES), hours, st.integers(2, 9))
def test_it_is_the_earliest_allowed_moment(asked: datetime, name: str, week: WeekHours, every: int) -> None:
    zone = ZoneInfo(name)
    rules = Rules(hours=week, excluded=lambda day: day.toordinal() % every == 0)
    found = next_send_time(asked, zone, rules)
    if found is None:
        # Every allowed weekday of a year is a holiday: only where both come each seven days.
        assert every == 7
        return
    assert is_allowed(found, zone, rules)
    assert found == earliest(asked, zone, rules)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(8))
def test_around_each_change_of_each_clock_it_is_the_earliest(start: int) -> None:
    night = Rules(hours=every_day(Span(15, 45), Span(90, 150), Span(165, 180), Span(23 * 60, DAY)))
    for name in ZONES[start::8]:
        zone = ZoneInfo(name)
        for change in changes(zone):
            for quarter in (-100, -9, -5, -4, -1, 0, 1, 3, 4, 10):
                asked = change + quarter * QUARTER
                assert next_send_time(asked, zone, night) == earliest(asked, zone, night), (name, asked)


def test_there_are_zones_and_changes_to_look_at() -> None:
    assert len(ZONES) > 400
    assert len(changes(BERLIN)) == 20


@given(moments, st.sampled_from(ZONES))
def test_a_moment_that_is_allowed_is_the_answer(asked: datetime, name: str) -> None:
    assert next_send_time(asked, ZoneInfo(name), Rules()) == asked


@given(moments, st.sampled_from(ZONES), st.text(), st.integers(0, 86_400))
def test_a_spread_keeps_to_the_hours(asked: datetime, name: str, key: str, seconds: int) -> None:
    zone = ZoneInfo(name)
    spread = timedelta(seconds=seconds)
    first = next_send_time(asked, zone, Rules(hours=WORK))
    found = next_send_time(asked, zone, Rules(hours=WORK, spread=spread), key=key)
    assert first is not None
    assert found is not None
    assert first <= found <= first + spread
    assert is_allowed(found, zone, Rules(hours=WORK))
    assert found.astimezone(zone).date() == first.astimezone(zone).date()


def test_a_thousand_recipients_are_spread_evenly() -> None:
    rules = Rules(hours=WORK, spread=timedelta(hours=1))
    asked = at("2026-11-23T00:00:00+01:00")
    found = [next_send_time(asked, BERLIN, rules, key=f"contact {each}") for each in range(1000)]
    minutes = [(each - at("2026-11-23T09:00:00+01:00")) // timedelta(minutes=6) for each in found if each]
    assert len(minutes) == 1000
    assert {minutes.count(part) in range(60, 141) for part in range(10)} == {True}
    assert found == [next_send_time(asked, BERLIN, rules, key=f"contact {each}") for each in range(1000)]


@pytest.mark.parametrize(
    ("asked", "zone", "span", "answer"),
    [
        # Berlin skips 02:00 to 03:00 on 29 March 2026.
        ("2026-03-29T01:00:00+01:00", BERLIN, Span(120, 180), "2026-03-30T02:00:00+02:00"),
        ("2026-03-29T01:00:00+01:00", BERLIN, Span(150, 240), "2026-03-29T03:00:00+02:00"),
        ("2026-03-29T01:59:59+01:00", BERLIN, Span(60, 240), "2026-03-29T01:59:59+01:00"),
        # It repeats 02:00 to 03:00 on 25 October 2026: both times are within the hours.
        ("2026-10-25T01:00:00+02:00", BERLIN, Span(120, 180), "2026-10-25T02:00:00+02:00"),
        ("2026-10-25T02:30:00+02:00", BERLIN, Span(120, 180), "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:45:00+02:00", BERLIN, Span(120, 150), "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T02:45:00+01:00", BERLIN, Span(120, 150), "2026-10-26T02:00:00+01:00"),
        # New York skips 02:00 to 03:00 on 8 March 2026.
        ("2026-03-08T00:00:00-05:00", NEW_YORK, Span(135, 200), "2026-03-08T03:00:00-04:00"),
        # Havana puts its clock forward at midnight: that day begins at one.
        ("2026-03-07T23:30:00-05:00", ZoneInfo("America/Havana"), Span(0, 120), "2026-03-08T01:00:00-04:00"),
        # Lord Howe moves by half an hour.
        ("2026-10-04T01:30:00+10:30", LORD_HOWE, Span(130, 170), "2026-10-04T02:30:00+11:00"),
        # Samoa had no 30 December 2011.
        ("2011-12-29T22:00:00-10:00", ZoneInfo("Pacific/Apia"), Span(540, 600), "2011-12-31T09:00:00+14:00"),
    ],
)  # fmt: skip
def test_gaps_and_folds(asked: str, zone: ZoneInfo, span: Span, answer: str) -> None:
    assert next_send_time(at(asked), zone, Rules(hours=every_day(span))) == at(answer)


@pytest.mark.parametrize(
    ("day", "hour", "zone", "answer"),
    [
        (date(2026, 7, 1), time(9), BERLIN, "2026-07-01T09:00:00+02:00"),
        # A time that is skipped is when the clock was put forward.
        (date(2026, 3, 29), time(2, 30), BERLIN, "2026-03-29T03:00:00+02:00"),
        # One that comes twice is the first of them.
        (date(2026, 10, 25), time(2, 30), BERLIN, "2026-10-25T02:30:00+02:00"),
        (date(2011, 12, 30), time(9), ZoneInfo("Pacific/Apia"), "2011-12-31T00:00:00+14:00"),
    ],
)
def test_moments_of_local_times(day: date, hour: time, zone: ZoneInfo, answer: str) -> None:
    assert moment_of(day, hour, zone) == at(answer)


def test_a_holiday_and_a_weekend_are_waited_for() -> None:
    rules = Rules(hours=WORK, excluded=lambda day: day == date(2026, 12, 25))
    asked = at("2026-12-24T17:00:00+01:00")  # Christmas Day is a Friday
    assert next_send_time(asked, BERLIN, rules) == at("2026-12-28T09:00:00+01:00")


def test_what_would_be_too_late_is_not_sent() -> None:
    asked, nine = at("2026-11-21T12:00:00+01:00"), at("2026-11-23T09:00:00+01:00")
    rules = Rules(hours=WORK)
    assert next_send_time(asked, BERLIN, rules, deadline=nine) == nine
    assert next_send_time(asked, BERLIN, rules, deadline=nine - timedelta(seconds=1)) is None


def test_a_deadline_cuts_the_spread_short() -> None:
    asked, nine = at("2026-11-23T09:00:00+01:00"), at("2026-11-23T09:00:00+01:00")
    rules = Rules(hours=WORK, spread=timedelta(hours=4))
    deadline = nine + timedelta(minutes=5)
    found = [next_send_time(asked, BERLIN, rules, deadline=deadline, key=str(key)) for key in range(100)]
    assert all(each is not None and nine <= each <= deadline for each in found)


def test_hours_that_never_come_have_no_answer() -> None:
    assert next_send_time(FIRST, BERLIN, Rules(excluded=lambda _: True)) is None
    assert next_send_time(FIRST, BERLIN, Rules(hours=on_days([], Span(0, 60)))) is None
    assert next_send_time(FIRST, BERLIN, Rules(hours=ALWAYS)) == FIRST
