from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.journeys.dates import Dated, Occurrence, reached, rule_of, upcoming
from postroad.journeys.plan import DateTrigger

BERLIN, TOKYO, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
BIRTHDAY = DateTrigger(attribute="birthday")
YEARLY = DateTrigger(attribute="birthday", yearly=True)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
FOURTH = date(2026, 5, 4)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def kept(value: str, zone: ZoneInfo) -> Dated:
    found = upcoming(BIRTHDAY, value, zone, now=NOW)
    return Dated(address_key="k1.a", journey="birthday", value=value, rule=rule_of(BIRTHDAY), next=found)


@pytest.mark.parametrize(
    ("value", "days", "after", "moment"),
    [
        ("2026-12-24", 0, "2026-11-23T00:00:00+01:00", "2026-12-24T09:00:00+01:00"),
        ("2026-12-24", -3, "2026-11-23T00:00:00+01:00", "2026-12-21T09:00:00+01:00"),
        ("2026-11-22", 0, "2026-11-23T00:00:00+01:00", None),
        ("11-22", 0, "2026-11-23T00:00:00+01:00", "2027-11-22T09:00:00+01:00"),
        ("11-23", 0, "2026-11-23T08:59:59+01:00", "2026-11-23T09:00:00+01:00"),
        ("11-23", 0, "2026-11-23T09:00:00+01:00", "2027-11-23T09:00:00+01:00"),
        ("01-02", -7, "2026-12-25T00:00:00+01:00", "2026-12-26T09:00:00+01:00"),
        ("12-30", 7, "2027-01-01T00:00:00+01:00", "2027-01-06T09:00:00+01:00"),
        ("02-29", 0, "2026-11-23T00:00:00+01:00", "2027-02-28T09:00:00+01:00"),
        ("02-29", 0, "2027-03-01T00:00:00+01:00", "2028-02-29T09:00:00+01:00"),
        ("02-30", 0, "2026-11-23T00:00:00+01:00", None),
        ("13-01", 0, "2026-11-23T00:00:00+01:00", None),
        ("9999-12-31", 30, "2026-11-23T00:00:00+01:00", None),
        ("soon", 0, "2026-11-23T00:00:00+01:00", None),
        (5, 0, "2026-11-23T00:00:00+01:00", None),
        (None, 0, "2026-11-23T00:00:00+01:00", None),
    ],
)
def test_dates_come_again(value: object, days: int, after: str, moment: str | None) -> None:
    found = upcoming(DateTrigger(attribute="birthday", days=days), value, BERLIN, now=at(after))
    assert (found.at if found else None) == (at(moment) if moment else None)


@pytest.mark.parametrize(
    ("value", "after", "moment"),
    [
        ("1990-05-04", "2026-05-01T00:00:00+02:00", "2026-05-04T09:00:00+02:00"),
        ("1990-05-04", "2026-05-04T09:00:00+02:00", "2027-05-04T09:00:00+02:00"),
        ("1992-02-29", "2026-05-01T00:00:00+02:00", "2027-02-28T09:00:00+01:00"),
        ("2028-02-29", "2026-05-01T00:00:00+02:00", "2028-02-29T09:00:00+01:00"),
        ("1991-02-30", "2026-05-01T00:00:00+02:00", None),
        ("0000-05-04", "2026-05-01T00:00:00+02:00", "2026-05-04T09:00:00+02:00"),
    ],
)
def test_a_yearly_date_comes_back_though_it_names_a_year(value: str, after: str, moment: str | None) -> None:
    found = upcoming(YEARLY, value, BERLIN, now=at(after))
    assert (found.at if found else None) == (at(moment) if moment else None)


def test_a_date_of_one_year_is_not_moved() -> None:
    assert upcoming(BIRTHDAY, "2027-02-29", BERLIN, now=NOW) is None


def test_a_skipped_local_time_begins_when_the_clock_was_put_forward() -> None:
    found = upcoming(DateTrigger(attribute="birthday", minute=150), "2027-03-28", BERLIN, now=NOW)
    assert found == Occurrence(date(2027, 3, 28), at("2027-03-28T03:00:00+02:00"))


def test_a_day_that_was_waited_for_stays_the_day_under_another_clock() -> None:
    standing = kept("05-04", NEW_YORK)
    assert standing.next == Occurrence(FOURTH, at("2026-05-04T09:00:00-04:00"))
    # In Tokyo it is past nine already: at once, and not next year.
    now = at("2026-05-04T11:00:00+09:00")
    found = upcoming(BIRTHDAY, "05-04", TOKYO, standing=standing, now=now)
    assert found == Occurrence(FOURTH, at("2026-05-04T09:00:00+09:00"))


def test_a_day_that_was_taken_does_not_come_again_under_another_clock() -> None:
    taken = replace(kept("05-04", TOKYO), taken=FOURTH)
    # In New York it isn't nine yet, of the same day.
    now = at("2026-05-04T00:30:00+00:00")
    found = upcoming(BIRTHDAY, "05-04", NEW_YORK, standing=taken, now=now)
    assert found is not None
    assert found.day == date(2027, 5, 4)


@pytest.mark.parametrize(
    ("trigger", "value", "moment"),
    [
        (BIRTHDAY, "06-10", "2026-06-10T09:00:00+02:00"),
        (BIRTHDAY, "04-10", "2027-04-10T09:00:00+02:00"),
        (DateTrigger(attribute="birthday", days=-3), "05-04", "2027-05-01T09:00:00+02:00"),
        (DateTrigger(attribute="birthday", minute=600), "05-04", "2026-05-04T10:00:00+02:00"),
        (BIRTHDAY, None, None),
        (BIRTHDAY, "", None),
    ],
)
def test_what_changed_is_reckoned_anew(trigger: DateTrigger, value: str | None, moment: str | None) -> None:
    now = at("2026-05-02T00:00:00+02:00")
    found = upcoming(trigger, value, BERLIN, standing=kept("05-04", BERLIN), now=now)
    assert (found.at if found else None) == (at(moment) if moment else None)


def test_the_same_day_is_the_same_event() -> None:
    event = reached(BIRTHDAY, "05-04", Occurrence(FOURTH, NOW))
    assert event.properties == {"attribute": "birthday", "date": "05-04", "day": "2026-05-04"}
    again = reached(BIRTHDAY, "05-04", Occurrence(FOURTH, NOW + timedelta(hours=7)))
    assert again.event_id == event.event_id
    next_year = reached(BIRTHDAY, "05-04", Occurrence(date(2027, 5, 4), NOW))
    assert next_year.event_id != event.event_id


@given(st.dates(date(2024, 1, 1), date(2034, 1, 1)), st.integers(-366, 366), st.sampled_from([BERLIN, TOKYO]))
def test_a_date_comes_once_in_each_year(day: date, days: int, zone: ZoneInfo) -> None:
    trigger = DateTrigger(attribute="birthday", days=days)
    standing = Dated(address_key="k1.a", journey="b", value=f"{day:%m-%d}", rule=rule_of(trigger))
    now, found = NOW, []
    for _ in range(4):
        following = upcoming(trigger, standing.value, zone, standing=standing, now=now)
        assert following is not None
        assert following.at > now
        found.append(following.day - timedelta(days=days))
        now = following.at
        standing = replace(standing, next=following, taken=following.day)
    assert [each.year for each in found] == list(range(found[0].year, found[0].year + 4))
    wanted = {(2, 28), (2, 29)} if (day.month, day.day) == (2, 29) else {(day.month, day.day)}
    assert {(each.month, each.day) for each in found} <= wanted
