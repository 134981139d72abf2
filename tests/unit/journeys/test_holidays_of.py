from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from postroad.contacts.model import Contact
from postroad.contract.words import StreamKind
from postroad.journeys.holidays_of import holidays_of
from postroad.journeys.hours import Span, on_days
from postroad.journeys.next_send_time import Rules, never, next_send_time
from postroad.journeys.places import Home
from postroad.journeys.seeing import surroundings


@pytest.mark.parametrize(
    ("country", "part", "day", "is_one"),
    [
        ("DE", "", date(2026, 12, 25), True),
        ("DE", "", date(2026, 12, 24), False),
        ("DE", "BY", date(2026, 1, 6), True),
        ("DE", "BE", date(2026, 1, 6), False),
        ("DE", "", date(2026, 1, 6), False),
        ("DE", "XX", date(2026, 12, 25), True),
        ("NL", "", date(2026, 4, 27), True),
        ("US", "", date(2026, 11, 26), True),
        ("US", "CA", date(2026, 3, 31), True),
        ("CO", "", date(2027, 1, 11), True),
        ("CN", "", date(2026, 10, 1), True),
        ("GB", "SCT", date(2026, 1, 2), True),
        ("GB", "ENG", date(2026, 1, 2), False),
        ("XX", "", date(2026, 12, 25), False),
        ("", "", date(2026, 12, 25), False),
    ],
)
def test_days_that_are_public_holidays(country: str, part: str, day: date, *, is_one: bool) -> None:
    assert holidays_of(country, part)(day) is is_one


def test_a_country_is_worked_out_once() -> None:
    assert holidays_of("PT") is holidays_of("PT")
    assert holidays_of("") is never


def test_nothing_is_imported_before_a_country_is_asked_for() -> None:
    code = (
        "import sys, postroad.journeys.seeing, postroad.journeys.holidays_of as mine\n"
        "mine.holidays_of('')\n"
        "assert 'holidays' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own interpreter and text


def test_the_holidays_of_contacts_are_those_of_their_place() -> None:
    around = surroundings({"marketing": StreamKind.MARKETING}, home=Home("UTC", "FR"))
    bavarian = Contact("k1.a", "a@example.com", attributes={"country": "DE", "subdivision": "BY"})
    unknown = Contact("k1.b", "b@example.com")
    epiphany, bastille = date(2026, 1, 6), date(2026, 7, 14)
    assert (around.holidays_of(bavarian)(epiphany), around.holidays_of(unknown)(epiphany)) == (True, False)
    assert (around.holidays_of(bavarian)(bastille), around.holidays_of(unknown)(bastille)) == (False, True)


def test_the_new_year_of_china_is_waited_for() -> None:
    # 15 to 23 February 2026 are off, 14 and 28 are Saturdays on which people work: weekends stay weekends.
    rules = Rules(on_days(range(5), Span(9 * 60, 18 * 60)), holidays_of("CN"))
    asked = datetime(2026, 2, 14, 1, tzinfo=UTC)
    found = next_send_time(asked, ZoneInfo("Asia/Shanghai"), rules)
    assert found == datetime(2026, 2, 24, 1, tzinfo=UTC)
