from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.journeys.hours import ALWAYS, DAY, HoursError, Span, WeekHours, every_day, on_days

NINE, FIVE, SIX_EVENING = 9 * 60, 17 * 60, 18 * 60

spans = (
    st.tuples(st.integers(0, DAY), st.integers(0, DAY))
    .filter(lambda each: each[0] < each[1])
    .map(lambda each: Span(*each))
)
weeks = st.builds(
    lambda weekdays, some: on_days(weekdays, *some), st.sets(st.integers(0, 6)), st.lists(spans, max_size=4)
)


def minutes(hours: WeekHours, weekday: int) -> set[int]:
    return {minute for span in hours.on(weekday) for minute in range(span.opens, span.closes)}


@pytest.mark.parametrize(("opens", "closes"), [(-1, 5), (5, 5), (6, 5), (0, DAY + 1)])
def test_a_span_lies_within_one_day(opens: int, closes: int) -> None:
    with pytest.raises(HoursError, match="minutes of one day"):
        Span(opens, closes)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(HoursError, match="7 days"):
        WeekHours(((Span(0, 1),),))


def test_spans_that_overlap_are_refused_where_nobody_joins_them() -> None:
    with pytest.raises(HoursError, match="a minute between"):
        WeekHours(((Span(0, 60), Span(60, 90)),) * 7)


def test_a_weekday_is_one_of_seven() -> None:
    with pytest.raises(HoursError, match="weekdays from 0"):
        on_days([7], Span(0, 60))


def test_working_hours_are_on_working_days_alone() -> None:
    hours = on_days(range(5), Span(NINE, FIVE))
    assert hours.on(4) == (Span(NINE, FIVE),)
    assert hours.on(5) == ()


def test_quiet_hours_go_over_midnight() -> None:
    assert ALWAYS.without(22 * 60, 7 * 60).on(0) == (Span(7 * 60, 22 * 60),)


def test_quiet_hours_within_a_day_part_it() -> None:
    assert ALWAYS.without(12 * 60, 13 * 60).on(3) == (Span(0, 12 * 60), Span(13 * 60, DAY))


def test_quiet_hours_without_length_are_none() -> None:
    assert ALWAYS.without(60, 60) == ALWAYS


def test_hours_that_never_meet_are_no_hours() -> None:
    assert not every_day(Span(NINE, FIVE)).within(every_day(Span(SIX_EVENING, DAY)))
    assert every_day(Span(NINE, FIVE))


@given(weeks, weeks)
def test_within_is_what_both_allow(one: WeekHours, other: WeekHours) -> None:
    both = one.within(other)
    for weekday in range(7):
        assert minutes(both, weekday) == minutes(one, weekday) & minutes(other, weekday)


@given(weeks, st.integers(0, DAY), st.integers(0, DAY))
def test_without_takes_out_the_quiet_minutes(hours: WeekHours, opens: int, closes: int) -> None:
    quiet = set(range(opens, closes)) if opens <= closes else {*range(opens, DAY), *range(closes)}
    left = hours.without(opens, closes)
    for weekday in range(7):
        assert minutes(left, weekday) == minutes(hours, weekday) - quiet


@given(st.lists(spans, max_size=6))
def test_spans_that_touch_become_one(some: list[Span]) -> None:
    hours = every_day(*some)
    assert minutes(hours, 0) == {minute for span in some for minute in range(span.opens, span.closes)}
