from __future__ import annotations

from dataclasses import replace

import pytest

from postroad.journey_files.compiling import JourneyError, compile_journey
from postroad.journey_files.rules import World
from postroad.journeys.hours import Span, every_day, on_days

OFFICE = World(
    unsubscribable={"marketing": True},
    stream_of_topic={"offers": "marketing"},
    templates=frozenset({"hello"}),
    hours={"marketing": on_days(range(5), Span(9 * 60, 17 * 60))},
)
JOURNEY = """\
version: 1
description: Greets whoever joins.
stream: marketing
topic: offers
trigger:
  event: joined
hours:
  from: "{0}"
  to: "{1}"
  quiet: {{from: "{2}", to: "{3}"}}
steps:
  - send: hello
    id: hello
"""


def compiled(world: World, *times: str) -> tuple[tuple[int, int], ...]:
    text = JOURNEY.format(*times)
    return compile_journey(text, name="welcome", file="journeys/welcome.yaml", world=world).hours.days[0]


def test_quiet_hours_of_a_journey_are_in_its_plan() -> None:
    assert compiled(OFFICE, "08:00", "18:00", "12:00", "13:00") == ((480, 720), (780, 1080))


@pytest.mark.parametrize(
    "times", [("17:00", "20:00", "23:00", "01:00"), ("08:00", "18:00", "09:00", "17:00")]
)
def test_hours_that_never_meet_those_of_the_stream_are_refused(times: tuple[str, ...]) -> None:
    with pytest.raises(JourneyError, match=r"yaml:8: hours: no hour of the week is both in these and in"):
        compiled(OFFICE, *times)
    anytime = replace(OFFICE, hours={"marketing": every_day(Span(0, 1440))})
    assert compiled(anytime, *times)
