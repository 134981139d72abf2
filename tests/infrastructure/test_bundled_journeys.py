"""`send` knows the hours of journeys by what the function `journeys` knows them by."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from postroad.configuration import load
from postroad.journeys.plan import EventTrigger, Exit, Hours, Plan, write_plans
from postroad.journeys.settings import COMPILED_JOURNEYS
from stacks.constructs import mail_function
from tests.infrastructure.templates import Stacks, synthesise

CONFIG = Path(__file__).parent / "config"
MORE = """
[streams.marketing.hours]
weekdays = ["monday", "friday"]
from = "08:00"
to = "20:00"

[journeys]
time_zone = "Europe/Madrid"
country = "ES"
"""
PLAN = Plan(
    name="cart",
    version=1,
    stream="marketing",
    trigger=EventTrigger(event="cart.abandoned"),
    steps=(Exit(id="end", reason="all is said"),),
    hours=Hours(),
)
PLANS = write_plans([PLAN])
Given = tuple[Stacks, dict[str, Mapping[str, bytes]]]
SENDS, JOURNEYS = ("send-transactional", "send-marketing"), "journeys"


@pytest.fixture(scope="module")
def with_hours(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Given]:
    """Return the stacks, and the files that each bundle was given."""
    folder, bundle = tmp_path_factory.mktemp("config"), tmp_path_factory.mktemp("code")
    (folder / "prod.toml").write_text((CONFIG / "prod.toml").read_text("utf-8") + MORE, "utf-8")
    (bundle / "code").write_text("none")
    given: dict[str, Mapping[str, bytes]] = {}

    def build(verb: str, *, target: object, made: Mapping[str, bytes]) -> Path:
        del target
        given[verb] = made
        return bundle

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_function, "build_bundle", build)
        yield synthesise(load("prod", folder), plans=PLANS), given


def variables(stacks: Stacks, name: str) -> dict[str, Any]:
    return dict(stacks.function(name)["Environment"]["Variables"])


def test_each_stream_has_its_own_hours_and_the_stage_s_guesses(with_hours: Given) -> None:
    stacks, _ = with_hours
    known = variables(stacks, JOURNEYS)
    hours = json.loads(known["POSTROAD_HOURS"])
    assert set(hours) == {"marketing"}
    for name in SENDS:
        own = variables(stacks, name)
        assert own["POSTROAD_HOURS"] == hours.get(name.removeprefix("send-"), "")
        for guess in ("POSTROAD_HOME_TIME_ZONE", "POSTROAD_HOME_COUNTRY"):
            assert own[guess] == known[guess]
        assert (own["POSTROAD_HOME_TIME_ZONE"], own["POSTROAD_HOME_COUNTRY"]) == ("Europe/Madrid", "ES")


def test_its_code_carries_the_plans_as_that_of_journeys_does(with_hours: Given) -> None:
    _, given = with_hours
    assert given["send"] == given["journeys"] == {COMPILED_JOURNEYS: PLANS}
    assert not given["feedback"]
