"""What `send` of a stage knows of its journeys' hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from postroad.contract.message import Journey
from postroad.journeys.plan import EventTrigger, Exit, Hours, Plan, write_plans
from postroad.journeys.settings import COMPILED_JOURNEYS, written_hours
from postroad.sending.wiring import leaving_hours
from tests.sending_world import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

WEEKDAYS = Hours(days=(((0, 1440),),) * 5 + ((),) * 2)
MORNINGS = Hours(days=(((540, 720),),) * 7, holidays=True)
PLAN = Plan(
    name="cart",
    version=2,
    stream="marketing",
    trigger=EventTrigger(event="cart.abandoned"),
    steps=(Exit(id="end", reason="all is said"),),
    hours=WEEKDAYS,
)
STEP = Journey(name="cart", version=2, enrolment="0" * 24, step="first")
LABOUR_DAY = datetime(2026, 5, 1, 7, tzinfo=UTC)
"""A Friday."""


def test_they_are_those_of_the_plans_the_stream_and_where_the_stage_is(tmp_path: Path) -> None:
    (tmp_path / COMPILED_JOURNEYS).write_bytes(write_plans([PLAN]))
    settings = replace(
        SETTINGS,
        stream="marketing",
        hours=written_hours(MORNINGS),
        home_time_zone="Europe/Madrid",
        home_country="ES",
    )
    read = leaving_hours(type(settings).from_env(settings.to_environment()), tmp_path)
    found = read.next_hour(
        "marketing", STEP, None, asked=LABOUR_DAY, deadline=LABOUR_DAY + timedelta(days=20)
    )
    assert found == datetime(2026, 5, 4, 7, tzinfo=UTC)


def test_without_any_there_is_nothing_to_ask(tmp_path: Path) -> None:
    (tmp_path / COMPILED_JOURNEYS).write_bytes(write_plans([]))
    assert not leaving_hours(SETTINGS, tmp_path).are_limited("transactional", STEP)
