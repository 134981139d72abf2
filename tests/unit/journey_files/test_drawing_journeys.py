from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from postroad.journey_files.compiling import compile_journey
from postroad.journey_files.describing import duration, weekdays
from postroad.journey_files.drawing import blocks_of, mermaid, terminal
from postroad.journey_files.picture import picture
from postroad.journey_files.rules import World
from postroad.journeys.plan import Plan

WORLD = World({"marketing": True}, {"offers": "marketing"}, frozenset({"hello", "tips"}))
JOURNEY = """\
version: 2
description: Greets.
stream: marketing
topic: offers
trigger: {date: birthday, days: -2, at: "10:00"}
entry: {rule: cooldown, after: 90 days}
hours: {weekdays: [monday, tuesday, wednesday, thursday, friday], from: "09:00", to: "17:00"}
ends:
  - {event: order.placed, when: facts.total > 3}
  - {event: contact.left, as: exit}
steps:
  - id: hello
    send: hello
    if_capped: drop
    too_late: 36 hours
  - wait: 1 week
    until: {weekdays: [tuesday, friday], time: "10:30"}
  - wait_for: cart.filled
    at_most: 2 days
    then:
      - branch:
          - if: contact.name == "<Ana & co>"
            steps: [{exit: known}]
        otherwise:
          - set: {seen: "true"}
  - id: test
    split:
      - {name: one, weight: 1, steps: [{id: tips, send: tips}]}
      - {name: two, weight: 3, steps: []}
  - notify: journey.ended
"""


@pytest.fixture
def plan() -> Plan:
    return compile_journey(JOURNEY, name="greeting", file="greeting.yaml", world=WORLD)


def test_a_terminal_shows_steps_within_one_another(plan: Plan) -> None:
    assert (
        "\n".join(terminal(plan))
        == """\
greeting, version 2
  begins     2 days before the date birthday, at 10:00
  again      90 days after the last began
  mail       stream marketing, topic offers
  counts as  marketing
  leaves     Monday to Friday 09:00 to 17:00, not on public holidays
  goal       order.placed where facts.total > 3
  ends       contact.left

● 2 days before the date birthday, at 10:00
├─ hello: mail hello (left out after 36 hours, left out over the cap)
├─ wait 1 week, then until Tuesday or Friday 10:30
├─ wait for cart.filled, 2 days at most
│  ├─ it came
│  │  └─ branch
│  │     ├─ if contact.name == "<Ana & co>"
│  │     │  └─ exit: known
│  │     └─ otherwise
│  │        └─ set seen = true
│  └─ it didn't come → on
├─ test: split by lot
│  ├─ one, 25%
│  │  └─ tips: mail tips
│  └─ two, 75% → on
├─ tell the bus journey.ended
◼ the end"""
    )


def test_every_step_is_drawn_once(plan: Plan) -> None:
    def steps(blocks: object) -> list[str]:
        found: list[str] = []
        for block in blocks:  # type: ignore[attr-defined]  # blocks within ways within blocks
            found.append(block.step.id)
            for way in block.ways:
                found += steps(way.blocks)
        return found

    assert sorted(steps(blocks_of(plan))) == sorted(step.id for step in plan.steps)


def test_a_flowchart_leads_from_each_step_on(plan: Plan) -> None:
    lines = list(mermaid(plan))
    assert lines[0] == "flowchart TD"
    names = {
        line.split("[")[0].split("(")[0].split("{")[0].strip() for line in lines[2 : 2 + len(plan.steps)]
    }
    arrows = [line.split() for line in lines if " --> " in line]
    assert {arrow[0] for arrow in arrows} == {*names, 'begin(["2'}
    assert {arrow[-1] for arrow in arrows} <= {*names, "over"}


def test_a_flowchart_takes_words_as_words(plan: Plan) -> None:
    assert any("#lt;Ana #amp; co#gt;#quot;" in line for line in mermaid(plan))


def test_a_picture_is_one_file_that_holds_every_step(plan: Plan) -> None:
    svg = ET.fromstring(picture(plan))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    words = " ".join(each.text or "" for each in svg.iter(f"{space}text"))
    for said in ("greeting, version 2", "hello: mail hello", '"<Ana & co>"', "tips: mail tips", "the end"):
        assert said in words
    boxes = [each for each in svg.iter(f"{space}rect") if each.get("class") != "page"]
    assert len(boxes) == len(plan.steps) + 2
    assert "http" not in picture(plan).replace("http://www.w3.org/2000/svg", "")


def test_no_two_boxes_of_a_picture_overlap(plan: Plan) -> None:
    svg = ET.fromstring(picture(plan))  # noqa: S314 - our own text
    boxes = [
        tuple(float(each.get(key, "0")) for key in ("x", "y", "width", "height"))
        for each in svg.iter("{http://www.w3.org/2000/svg}rect")
        if each.get("class") != "page"
    ]
    for place, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        assert x + width <= float(svg.get("width", "0"))
        for other_x, other_y, other_width, other_height in boxes[place + 1 :]:
            apart = x + width <= other_x or other_x + other_width <= x
            assert apart or y + height <= other_y or other_y + other_height <= y


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (90, "90 seconds"), (5400, "90 minutes"), (86_400, "1 day"), (1_209_600, "2 weeks")],
)
def test_a_time_is_said_in_its_largest_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [((0,), "Monday"), ((1, 4), "Tuesday or Friday"), ((0, 1, 2, 3, 4, 5), "Monday to Saturday")],
)
def test_weekdays_are_said_in_short(days: tuple[int, ...], words: str) -> None:
    assert weekdays(days) == words
