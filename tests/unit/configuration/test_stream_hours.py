from __future__ import annotations

from pathlib import Path

import pytest

from postroad.configuration import ConfigurationError, parse
from postroad.journeys.hours import ALWAYS, Span, every_day, on_days
from postroad.journeys.places import Home
from postroad.journeys.plan import Hours

LOCAL = Path("config/local.toml").read_text(encoding="utf-8")


def read(text: str) -> Hours:
    configuration = parse(LOCAL + text, stage="local", file="config/local.toml")
    hours = configuration.streams["marketing"].hours
    assert hours is not None
    return hours.planned


def test_working_hours_are_read() -> None:
    hours = read('[streams.marketing.hours]\nweekdays = ["monday", "friday"]\nfrom = "09:00"\nto = "17:30"\n')
    assert hours.week == on_days({0, 4}, Span(540, 1050))
    assert not hours.holidays


def test_quiet_hours_are_left_out_over_midnight() -> None:
    hours = read('[streams.marketing.hours]\nquiet = { from = "22:00", to = "07:00" }\nholidays = true\n')
    assert hours.week == every_day(Span(7 * 60, 22 * 60))
    assert hours.holidays


def test_hours_of_the_whole_week_are_no_limit() -> None:
    hours = read("[streams.marketing.hours]\nholidays = false\n")
    assert hours.days == ()
    assert hours.week == ALWAYS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('from = "17:00"\nto = "09:00"', "hours.to: expected a time after `from`, on the same day"),
        ('from = "9"', "hours.from: expected a time of day such as '09:30', got '9'"),
        ('weekdays = ["mon"]', "weekdays"),
        ("weekdays = []", "weekdays"),
        ('to = "24:30"', "hours.to: expected a time of day such as '17:00'"),
        ('quiet = { from = "09:00" }', "quiet.to: missing"),
        (
            'from = "09:00"\nto = "17:00"\nquiet = { from = "09:00", to = "17:00" }',
            "its quiet hours leave no time of the week",
        ),
    ],
)
def test_what_is_wrong_with_hours_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(f"[streams.marketing.hours]\n{text}\n")


def test_a_stage_says_where_strangers_are() -> None:
    text = LOCAL + '[journeys]\ntime_zone = "Europe/Madrid"\ncountry = "ES"\n'
    assert parse(text, stage="local", file="x").journeys.home == Home("Europe/Madrid", "ES")
    assert parse(LOCAL, stage="local", file="x").journeys.home == Home("UTC", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('time_zone = "Europe/Atlantis"', "an IANA time zone such as 'Europe/Madrid'"),
        ('country = "XX"', "a country's code of two capital letters"),
    ],
)
def test_a_place_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse(f"{LOCAL}[journeys]\n{text}\n", stage="local", file="x")
