from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from postroad.journey_files.schema import JOURNEY_SCHEMA, journey_schema, text, write
from postroad.journey_files.source import read_source

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
version: 2
description: Greets whoever joins.
stream: marketing
topic: offers
category: greeting
trigger: {event: contact.subscribed, when: event.properties.topic == "offers"}
entry: {rule: cooldown, after: 90 days, key: event.properties.shop}
audience: contact.locale != ""
hours: {weekdays: [monday], from: "09:00", to: "17:00", holidays: true, spread: 1 hour}
ends: [{event: order.placed, when: facts.orders > 1, as: exit}]
moves: {1: {old: hello}}
steps:
  - {id: hello, send: hello, data: {name: contact.name}, if_capped: drop, too_late: 2 days}
  - {wait: 1 week, until: {weekdays: [friday], time: "10:30"}}
  - {until: {time: "10:30"}}
  - {wait_for: cart.filled, when: "true", at_most: 1 day, then: [{exit: bought}], otherwise: []}
  - {branch: [{if: "true", steps: [{set: {a: "1"}}]}], otherwise: [{notify: a.b, properties: {c: "2"}}]}
  - {id: lot, split: [{name: a, weight: 1, steps: []}, {name: b, weight: 1, steps: []}]}
"""


def problems(content: object) -> list[str]:
    return [
        error.json_path for error in jsonschema.Draft202012Validator(journey_schema()).iter_errors(content)
    ]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(journey_schema())
    assert journey_schema()["title"] == JOURNEY_SCHEMA


def test_everything_that_a_journey_can_say_is_in_it() -> None:
    assert problems(read_source(WHOLE).content) == []


@pytest.mark.parametrize(
    ("good", "bad", "where"),
    [
        ("version: 2", "version: 0", "$.version"),
        ("description: Greets whoever joins.\n", "", "$"),
        ("send: hello", "sent: hello", "$.steps[0]"),
        (
            "wait: 1 week, until: {weekdays: [friday]",
            "wait: 1 week, until: {weekdays: [dienstag]",
            "$.steps[1]",
        ),
        ("[{exit: bought}]", "[{exits: bought}]", "$.steps[3]"),
        ("rule: cooldown", "rule: often", "$.entry.rule"),
    ],
)
def test_what_is_no_journey_is_marked(good: str, bad: str, where: str) -> None:
    assert good in WHOLE
    assert problems(read_source(WHOLE.replace(good, bad)).content) == [where]


def test_no_word_of_our_own_is_in_it() -> None:
    assert '"expected"' not in text()
    assert "Expected: a time of day such as '09:30'." in text()


def test_it_is_written_where_editors_look(tmp_path: Path) -> None:
    write(tmp_path / "new")
    (file,) = (tmp_path / "new").iterdir()
    assert json.loads(file.read_text("utf-8")) == journey_schema()
