"""What every `SendingHours` keeps to: the one in memory, and the one by the plans of the journeys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from postroad.contacts.model import Contact
from postroad.contract.message import Journey
from postroad.journeys.leaving_hours import LeavingHours
from postroad.journeys.places import Home
from postroad.journeys.plan import EventTrigger, Exit, Hours, Plan
from postroad.journeys.seeing import surroundings
from postroad.sending.memory import MemoryHours

if TYPE_CHECKING:
    from postroad.sending.ports import SendingHours

DAY = timedelta(days=1)
NINE_TO_FIVE = ((9 * 60, 17 * 60),)
WORKING_HOURS = Hours(days=(NINE_TO_FIVE,) * 5 + ((),) * 2, holidays=True)
FRIDAY = datetime(2026, 11, 27, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
LONG_AFTER = FRIDAY + 20 * DAY
ANA = Contact("k1.ana", "ana@example.com", time_zone="UTC")


def plan(hours: Hours = WORKING_HOURS, version: int = 1) -> Plan:
    return Plan(
        name="cart",
        version=version,
        stream="marketing",
        trigger=EventTrigger(event="cart.abandoned"),
        steps=(Exit(id="end", reason="all is said"),),
        hours=hours,
    )


def step(version: int = 1, enrolment: str = "0" * 24, name: str = "first") -> Journey:
    return Journey(name="cart", version=version, enrolment=enrolment, step=name)


def by_plans(*plans: Plan, streams: Hours | None = None, home: Home | None = None) -> LeavingHours:
    hours = {"marketing": streams} if streams else {}
    return LeavingHours(plans, surroundings({}, hours=hours, home=home or Home()))


@pytest.fixture(params=["memory", "plans"])
def hours(request: pytest.FixtureRequest) -> SendingHours:
    """Return each implementation in turn, with a weekend on which nothing leaves."""
    return MemoryHours((FRIDAY, MONDAY)) if request.param == "memory" else by_plans(plan())


@pytest.fixture(params=["memory", "plans"])
def always(request: pytest.FixtureRequest) -> SendingHours:
    """Return each implementation in turn, with mail that leaves at any hour."""
    return MemoryHours() if request.param == "memory" else by_plans(plan(Hours(holidays=True)))


def test_within_the_hours_it_is_the_moment_that_was_asked(hours: SendingHours) -> None:
    assert hours.are_limited("marketing", step())
    for asked in (FRIDAY - timedelta(seconds=1), MONDAY, MONDAY + timedelta(hours=2)):
        found = hours.next_hour("marketing", step(), ANA, asked=asked, deadline=LONG_AFTER)
        assert found == asked


def test_out_of_them_it_is_their_beginning(hours: SendingHours) -> None:
    for asked in (FRIDAY, FRIDAY + DAY, MONDAY - timedelta(seconds=1)):
        assert hours.next_hour("marketing", step(), ANA, asked=asked, deadline=LONG_AFTER) == MONDAY


def test_nothing_is_later_than_the_deadline(hours: SendingHours) -> None:
    early = timedelta(microseconds=1)
    assert hours.next_hour("marketing", step(), ANA, asked=FRIDAY, deadline=MONDAY) == MONDAY
    assert hours.next_hour("marketing", step(), ANA, asked=FRIDAY, deadline=MONDAY - early) is None
    assert hours.next_hour("marketing", step(), ANA, asked=MONDAY, deadline=MONDAY - early) is None


def test_somebody_of_whom_nothing_is_known_has_hours_too(hours: SendingHours) -> None:
    assert hours.next_hour("marketing", step(), None, asked=FRIDAY, deadline=LONG_AFTER) == MONDAY


def test_without_hours_it_is_always_the_moment_that_was_asked(always: SendingHours) -> None:
    assert not always.are_limited("marketing", step())
    assert always.next_hour("marketing", step(), ANA, asked=FRIDAY, deadline=LONG_AFTER) == FRIDAY


def test_it_is_the_contact_s_own_clock_and_else_the_stage_s() -> None:
    hours = by_plans(plan(), home=Home("Asia/Shanghai", "CN"))
    lima = Contact("k1.bo", "bo@example.com", time_zone="America/Lima")
    found = [
        hours.next_hour("marketing", step(), who, asked=FRIDAY + DAY, deadline=LONG_AFTER)
        for who in (ANA, lima, None)
    ]
    assert found == [
        MONDAY,
        datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("America/Lima")),
        datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("Asia/Shanghai")),
    ]


def test_public_holidays_are_those_of_the_contact() -> None:
    hours = by_plans(plan(Hours()))
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert hours.are_limited("marketing", step())
    for country, expected in {
        "DE": datetime(2026, 12, 27, tzinfo=UTC),  # the 26th is one as well
        "FR": datetime(2026, 12, 26, tzinfo=UTC),
        "CN": christmas,
    }.items():
        who = Contact("k1.ana", "ana@example.com", time_zone="UTC", attributes={"country": country})
        assert hours.next_hour("marketing", step(), who, asked=christmas, deadline=LONG_AFTER + 20 * DAY) == (
            expected
        )


def test_the_stream_s_hours_count_as_well_and_by_themselves_for_a_version_that_is_gone() -> None:
    afternoons = Hours(days=(((13 * 60, 18 * 60),),) * 7, holidays=True)
    hours = by_plans(plan(), streams=afternoons)
    asked = FRIDAY + timedelta(hours=3)
    later = timedelta(hours=4)
    assert hours.next_hour("marketing", step(), ANA, asked=asked, deadline=LONG_AFTER) == MONDAY + later
    gone = hours.next_hour("marketing", step(version=7), ANA, asked=asked, deadline=LONG_AFTER)
    assert gone == datetime(2026, 11, 28, 13, tzinfo=UTC)
    assert not hours.are_limited("other", step(version=7))


def test_each_version_has_its_own_hours() -> None:
    hours = by_plans(plan(), plan(Hours(holidays=True), version=2))
    found = [
        hours.next_hour("marketing", step(version), ANA, asked=FRIDAY, deadline=LONG_AFTER)
        for version in (1, 2)
    ]
    assert found == [MONDAY, FRIDAY]


def test_mails_that_come_free_together_are_spread_each_at_its_own_place() -> None:
    spread = timedelta(hours=1)
    hours = by_plans(plan(Hours(holidays=True, spread_seconds=3600)))
    assert hours.are_limited("marketing", step())
    found = {
        hours.next_hour("marketing", step(enrolment=f"{each:024x}"), ANA, asked=FRIDAY, deadline=LONG_AFTER)
        for each in range(50)
    }
    assert len(found) > 40
    assert all(moment is not None and FRIDAY <= moment <= FRIDAY + spread for moment in found)
    again = [hours.next_hour("marketing", step(), ANA, asked=FRIDAY, deadline=LONG_AFTER) for _ in range(2)]
    assert again[0] == again[1]
