"""Whatever stands in a journey's file, it is a plan or an error that names the line."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from postroad.journey_files.compiling import JourneyError, compile_journey
from postroad.journey_files.rules import World
from postroad.journeys.plan import Plan, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLD = World(
    unsubscribable={"marketing": True},
    stream_of_topic={"offers": "marketing"},
    templates=frozenset({"hello"}),
)
HEAD = """\
version: 2
description: Greets whoever joins.
stream: marketing
topic: offers
"""
JOINED = "trigger: {event: contact.joined}\n"
HELLO = "steps:\n  - {id: hello, send: hello}\n"
WHOLE: dict[str, Any] = {
    "version": 2,
    "description": "Greets whoever joins.",
    "stream": "marketing",
    "topic": "offers",
    "category": "greeting",
    "trigger": {"event": "contact.joined", "when": "event.properties.topic"},
    "entry": {"rule": "cooldown", "after": "3 days", "key": "event.properties.shop"},
    "audience": "contact.name",
    "hours": {"weekdays": ["monday"], "from": "09:00", "to": "17:00", "spread": "1 hour"},
    "ends": [{"event": "order.placed", "when": "facts.orders > 1", "as": "exit"}],
    "moves": {"1": {"greeting": "hello"}},
    "steps": [
        {"id": "hello", "send": "hello", "data": {"name": "contact.name"}, "too_late": "1 day"},
        {"wait": "1 day", "until": {"weekdays": ["monday"], "time": "10:00"}},
        {"branch": [{"if": "contact.name", "steps": [{"exit": "done"}]}], "otherwise": []},
        {"wait_for": "order.placed", "when": "facts.orders", "at_most": "1 day", "then": [], "otherwise": []},
        {
            "id": "lot",
            "split": [{"name": "a", "weight": 1, "steps": []}, {"name": "b", "weight": 2, "steps": []}],
        },
        {"set": {"group": "'a'"}},
        {"notify": "joined.done", "properties": {"orders": "facts.orders"}},
    ],
}
STRANGE: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    "",
    0,
    -1,
    1.5,
    "x" * 600,
    "\n",
    ["a"],
    {"a": 1},
    10**30,
    "\x00",
    [[[]]],
    "1 day",
)


def compiled(text: str) -> Plan:
    return compile_journey(text, name="welcome", file="journeys/welcome.yaml", world=WORLD)


def refused(text: str) -> str:
    with pytest.raises(JourneyError) as error:
        compiled(text)
    return str(error.value).removeprefix("journeys/welcome.yaml:")


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    yield path
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from places(value, (*path, key))


def test_any_value_at_any_place_is_taken_or_refused() -> None:
    compiled(json.dumps(WHOLE))
    refusals: list[str] = []
    for path in list(places(WHOLE))[1:]:
        for strange in STRANGE:
            content = deepcopy(WHOLE)
            here: Any = content
            for key in path[:-1]:
                here = here[key]
            here[path[-1]] = strange
            try:
                compiled(json.dumps(content))
            except JourneyError as error:
                refusals.append(str(error))
    assert len(refusals) > 500
    assert all(refusal.startswith("journeys/welcome.yaml:1: ") for refusal in refusals)


def test_data_that_are_no_table_say_what_they_should_be() -> None:
    text = f"{HEAD}{JOINED}steps:\n  - {{id: hello, send: hello, data: name}}\n"
    assert refused(text).startswith("7: steps[0].data: expected a table, with an expression such as")


def test_null_is_as_if_a_condition_were_not_there() -> None:
    text = f"{HEAD}trigger: {{event: contact.joined, when: null}}\naudience: null\n{HELLO}"
    assert compiled(text) == compiled(f"{HEAD}{JOINED}{HELLO}")


def test_a_condition_that_a_date_would_ignore_is_refused() -> None:
    text = f"{HEAD}trigger: {{date: birthday, when: contact.name}}\n{HELLO}"
    assert "say whom it is for in `audience`" in refused(text)


@pytest.mark.parametrize("key", ["days: 3", "yearly: true"])
def test_what_belongs_to_a_date_is_refused_beside_an_event(key: str) -> None:
    text = f"{HEAD}trigger: {{event: contact.joined, {key}}}\n{HELLO}"
    assert "expected only with a date" in refused(text)


@pytest.mark.parametrize("key", ["wait", "until"])
def test_a_wait_for_nothing_is_refused(key: str) -> None:
    assert "expected how long, or until when" in refused(f"{HEAD}{JOINED}{HELLO}  - {{{key}: null}}\n")


def test_names_of_the_author_may_be_those_of_keys() -> None:
    data = "{wait_for: contact.name, when: contact.name}"
    moves = "moves: {1: {when: hello, if: hello}}\n"
    plan = compiled(
        f"{HEAD}{JOINED}{moves}steps:\n  - {{id: hello, send: hello, data: {data}}}\n  - wait: 1 day\n"
    )
    assert plan.moves == {1: {"when": "hello", "if": "hello"}}
    assert isinstance(plan.steps[-1], Wait)
