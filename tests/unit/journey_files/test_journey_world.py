from __future__ import annotations

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.activity.facts import How, Rule
from postroad.journey_files.compiling import JourneyError, compile_journey
from postroad.journey_files.rules import World

DECLARED = Declared(
    {"order.placed": Declaration(("total",)), "cart.abandoned": Declaration()},
    (Rule("orders", "order.placed", How.COUNT),),
)
WORLD = World(
    {"marketing": True},
    {"offers": "marketing"},
    frozenset({"hello"}),
    declared=DECLARED,
    categories=frozenset({"news"}),
)
JOURNEY = """\
version: 1
description: Reminds.
stream: marketing
topic: offers
trigger: {event: cart.abandoned}
category: news
audience: facts.orders > 0
ends:
  - {event: order.placed, when: event.properties.total > 10}
steps:
  - wait_for: order.placed
    when: event.properties.total > 1
    at_most: 1 day
  - {id: hello, send: hello, data: {cart: event.properties.cart_id}}
"""


def problems(was: str, now: str, world: World = WORLD) -> list[str]:
    assert was in JOURNEY
    with pytest.raises(JourneyError) as caught:
        compile_journey(JOURNEY.replace(was, now), name="cart", file="cart.yaml", world=world)
    return list(caught.value.problems)


def test_what_is_declared_can_be_named() -> None:
    assert compile_journey(JOURNEY, name="cart", file="cart.yaml", world=WORLD).category == "news"


@pytest.mark.parametrize(
    ("was", "now", "line", "path"),
    [
        ("trigger: {event: cart.abandoned}", "trigger: {event: cart.abandonned}", 5, "trigger.event"),
        ("- {event: order.placed", "- {event: order.payed", 9, "ends[0].event"),
        ("wait_for: order.placed", "wait_for: order.placing", 11, "steps[0].wait_for"),
    ],
)
def test_an_event_that_is_not_declared_is_refused(was: str, now: str, line: int, path: str) -> None:
    (problem,) = problems(was, now)
    assert problem.startswith(f"cart.yaml:{line}: {path}: no event '")
    assert "is declared in config/events.toml; did you mean '" in problem


def test_a_fact_that_is_not_declared_is_refused() -> None:
    assert problems("facts.orders", "facts.order") == [
        "cart.yaml:7: audience: no fact 'order' is declared in config/events.toml; did you mean 'orders'?"
    ]


@pytest.mark.parametrize(
    ("was", "line", "path"), [("total > 10", 9, "ends[0].when"), ("total > 1\n", 12, "steps[0].when")]
)
def test_a_condition_on_what_is_not_kept_is_refused(was: str, line: int, path: str) -> None:
    (problem,) = problems(was, was.replace("total", "totals"))
    assert problem == (
        f"cart.yaml:{line}: {path}: 'totals' isn't kept of 'order.placed'; "
        "add it to its keep in config/events.toml"
    )


def test_a_category_without_a_cap_is_refused_where_others_have_one() -> None:
    assert problems("category: news", "category: new") == [
        "cart.yaml:6: category: no cap is set for 'new'; did you mean 'news'?"
    ]


def test_the_usual_category_needs_no_cap() -> None:
    text = JOURNEY.replace("category: news\n", "")
    assert compile_journey(text, name="cart", file="cart.yaml", world=WORLD).category == "marketing"


def test_without_any_cap_each_category_will_do() -> None:
    world = World({"marketing": True}, {"offers": "marketing"}, frozenset({"hello"}), categories=frozenset())
    assert compile_journey(JOURNEY, name="cart", file="cart.yaml", world=world).category == "news"
