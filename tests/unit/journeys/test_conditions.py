from __future__ import annotations

from typing import Any

import pytest

from postroad.journeys.conditions import LONGEST, ConditionError, check, holds, value_of

NAMES = frozenset({"contact", "event"})
SEEN: dict[str, Any] = {
    "contact": {"orders": 3, "locale": "es-CO", "tags": ["vip"], "a b": 1},
    "event": {"properties": {"total": 99.5, "lines": {"items": ["tea"]}}},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("contact.orders > 2 and event.properties.total < 100", True),
        ("contact.locale | lower == 'es-co'", True),
        ("'vip' in contact.tags", True),
        ("contact.tags | length + 1", 2),
        ("contact['a b']", 1),
        ("contact.orders is divisibleby 3", True),
        ("'Dear ' ~ contact.locale", "Dear es-CO"),
        ("contact.pets.names is defined", False),
        ("contact.pets.names", None),
        ("contact.pets > 3 or contact.pets < 3 or contact.pets == 3", False),
        ("contact.pets | default('none')", "none"),
        ("not contact.pets", True),
        ("1 if contact.orders else 2", 1),
        ("(contact.orders - 1) / 2", 1.0),
        ("contact.pets == event.pets or contact.pets in [event.pets]", False),
        ("contact.pets != event.pets and contact.pets != 'cat'", True),
        ("contact.pets | int > 0 or contact.pets | float > 0", False),
        ("event.properties.lines.items", ["tea"]),
        ("event.properties.lines.items | length", 1),
        ("event.properties.lines['items'].0", "tea"),
        ("event.properties.keys or contact.tags.count or contact.locale.upper", None),
    ],
)
def test_expressions_compare_and_name(expression: str, value: object) -> None:
    check(expression, NAMES)
    assert value_of(expression, SEEN) == value


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("", "an empty text"),
        ("  ", "an empty text"),
        ("1 +", "not an expression"),
        ("{{ contact }}", "not an expression"),
        ("contact }} {{ contact", "not an expression"),
        ("1) }}{% set x = 1 %}{{ (1", "one expression"),
        ("who.orders", "no name 'who'; there are contact, event"),
        ("range(9)", "no call"),
        ("contact.items()", "no call"),
        ("9 ** 9 ** 9 ** 9", "no call, no slice"),
        ("'x' * 999999999", "no call, no slice"),
        ("'%999999999d' % 1", "no call, no slice"),
        ("contact.tags[0:1]", "no call, no slice"),
        ("contact | attr('__class__')", "no filter 'attr'"),
        ("contact | random", "no filter 'random'"),
        ("contact is strange", "No test named 'strange'"),
        ("contact.orders == 1" + " or contact.orders == 1" * 40, f"at most {LONGEST} characters"),
        ("(" * 240 + "1" + ")" * 240, "nested too deep"),
        ("-" * 490 + "1", "nested too deep"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, what: str) -> None:
    with pytest.raises(ConditionError) as refused:
        check(expression, NAMES)
    assert what in str(refused.value)


@pytest.mark.parametrize(
    "expression",
    [
        "contact.orders / 3 | round(999999999, 'ceil')",
        "contact.orders + contact.locale",
        "contact.orders / 0",
        "contact.orders | length",
        "contact < event",
    ],
)
def test_what_fails_says_how_and_no_value(expression: str) -> None:
    check(expression, NAMES)
    with pytest.raises(ConditionError, match=r"the expression failed: [A-Za-z]+Error$") as failed:
        value_of(expression, SEEN)
    assert "es-CO" not in str(failed.value)


def test_the_inside_of_python_is_out_of_reach() -> None:
    for expression in (
        "contact.__class__",
        "contact.keys.__func__",
        "contact['__class__']",
        "''.__class__.__mro__",
    ):
        check(expression, NAMES)
        assert value_of(expression, SEEN) is None


def test_no_condition_always_holds() -> None:
    assert holds("", SEEN)
    assert not holds("contact.pets", SEEN)
