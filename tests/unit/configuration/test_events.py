"""What config/events.toml may say, and what is said of what it may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from postroad.activity.declared import LATE, Declaration, Declared, declared_text, read_declared
from postroad.activity.facts import How, Rule
from postroad.configuration import ConfigurationError, load, stages
from postroad.configuration.events import MOST_EVENTS, MOST_FACTS, read_events

SHIPPED = Path("config")
SOUND = """
[events."order.placed"]
keep = ["total"]
late_hours = 1.5

[events."site.visited"]

[facts.spent]
event = "order.placed"
how = "sum"
of = "total"
"""


def read(folder: Path, text: str) -> Declared:
    (folder / "events.toml").write_text(text, "utf-8")
    return read_events(folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    return [line.removeprefix(f"{folder / 'events.toml'}: ") for line in str(caught.value).splitlines()]


def test_events_and_facts_are_read(tmp_path: Path) -> None:
    declared = read(tmp_path, SOUND)

    assert declared == Declared(
        {
            "order.placed": Declaration(("total",), timedelta(hours=1.5)),
            "site.visited": Declaration((), LATE),
        },
        (Rule("spent", "order.placed", How.SUM, "total"),),
    )
    assert read_declared(declared_text(declared)) == declared


def test_the_shipped_events_are_sound_and_give_the_facts_of_a_shop() -> None:
    declared = read_events(SHIPPED)

    assert [rule.fact for rule in declared.rules] == ["orders", "order_total", "last_order", "last_visit"]
    assert {
        "order.placed",
        "cart.abandoned",
        "quotation.sent",
        "contact.subscribed",
    } <= declared.events.keys()


def test_without_the_file_nothing_is_declared(tmp_path: Path) -> None:
    assert read_events(tmp_path) == Declared()


def test_the_file_of_events_is_no_stage(tmp_path: Path) -> None:
    (tmp_path / "events.toml").write_text(SOUND, "utf-8")
    (tmp_path / "prod.toml").touch()

    assert stages(tmp_path) == ["prod"]
    with pytest.raises(ConfigurationError, match=r"no such file; stages in .*: 'prod'"):
        load("events", tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            '[events."order.placed"]',
            "[events.order.placed]",
            'events.order.placed: write the name in quotes: [events."order.placed"]',
        ),
        (
            '"site.visited"',
            '"Site visited"',
            'events.Site visited: expected a name such as "order.placed"',
        ),
        ('"total"]', '"total", 7]', "events.order.placed.keep[1]: expected a property's name"),
        (
            '["total"]',
            '"total"',
            "events.order.placed.keep: expected a list of 20 names at most, got 'total'",
        ),
        ("1.5", "0", "events.order.placed.late_hours: expected a number above 0 to 8784, got 0"),
        ("1.5", "true", "events.order.placed.late_hours: expected a number above 0 to 8784, got true"),
        ("keep", "keeps", "events.order.placed.keeps: unknown key; expected one of keep, late_hours"),
        (
            'event = "order.placed"',
            'event = "order.place"',
            "facts.spent.event: no event 'order.place' in this file; did you mean 'order.placed'?",
        ),
        (
            'event = "order.placed"',
            "",
            "facts.spent.event: missing; expected the name of an event of this file",
        ),
        ('"sum"', '"total"', """facts.spent.how: expected one of "count", "sum", "latest", got 'total'"""),
        ('of = "total"', "", "facts.spent.of: missing; expected the name of the property to sum"),
        ('"sum"', '"count"', 'facts.spent.of: only a "sum" is of a property; remove it'),
        ("[facts.spent]", "[facts.Spent]", "facts.Spent: expected a name of 1 to 40 characters of a-z 0-9 _"),
        ("[facts.spent]", "[fact.spent]", "fact: unknown key; expected tables [events.<name>] and [facts."),
    ],
)
def test_each_mistake_in_events_is_told_with_its_key(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    assert before in SOUND
    assert any(each.startswith(told) for each in problems(tmp_path, SOUND.replace(before, after, 1)))


@pytest.mark.parametrize("key", ["events", "facts"])
def test_tables_are_expected_of_events_and_facts(tmp_path: Path, key: str) -> None:
    assert problems(tmp_path, f"{key} = 7") == [f"{key}: expected tables [{key}.<name>], got 7"]
    assert problems(tmp_path, f"{key}.a = 7")[0].startswith(f"{key}.a: expected a table with ")


def test_there_is_an_end_to_events_and_facts(tmp_path: Path) -> None:
    events = "".join(f'[events."e{number}"]\n' for number in range(MOST_EVENTS + 1))
    facts = "".join(f'[facts.f{number}]\nevent = "e1"\nhow = "count"\n' for number in range(MOST_FACTS + 1))

    assert problems(tmp_path, events + facts) == [
        "events: expected 200 at most, got 201",
        "facts: expected 50 at most, got 51",
    ]


@pytest.mark.parametrize("content", [b"events = [", b"\xff"])
def test_events_that_are_no_toml_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "events.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match="not TOML in UTF-8"):
        read_events(tmp_path)
