"""Two functions at once on one contact, in every order in which their calls can fall.

Whoever comes second finds the walk changed and looks again. In each order the contact gets what they would
get of the one after the other, or of the other after the one.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from postroad.activity.noting import Happened
from postroad.journeys.enrolment import Ended
from postroad.schedule.walks import DueWalk
from tests.journeys_world import NOW, World, email_of, plain
from tests.matrix.test_matrix_of_journeys import HOUR, abandoned, joined, ordered, world
from tests.matrix.turns import Chooser, Turns, every_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.activity.event import Event

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)


def happened(event: Event) -> Happened:
    return Happened(address_key="k1.ana", event=event, email=email_of("k1.ana"))


def with_a_cart() -> World:
    """Return a world in which a cart's first reminder is due now, and its record in somebody's hand."""
    story = world(plain)
    story.arrive("k1.ana", abandoned(HOUR, "4711"))
    story.run(NOW + HOUR)
    story.now = NOW + 2 * HOUR + SECOND
    return story


def place_of(story: World) -> str:
    (walk,) = story.walks().known("k1.ana")
    return walk.place


def race(
    begin: Callable[[], World],
    records: Callable[[World], dict[str, Any]],
    *,
    most_switches: int | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Run two tasks in all orders; return how many there were, and the different ends that they came to."""
    start = begin()
    ends: list[dict[str, Any]] = []

    def case(chooser: Chooser) -> None:
        story = start.copy()
        turns = Turns(chooser)
        tasks = {
            name: partial(what, turns.gate())
            if callable(what)
            else partial(story.deliver, what, turns.gate())
            for name, what in records(story).items()
        }
        turns.run(tasks)
        end = story.run().outcome()
        if end not in ends:
            ends.append(end)

    return every_order(case, most_switches=most_switches), ends


def mails(end: dict[str, Any]) -> list[str]:
    return sorted(each.split(":")[2] for each in end["mails"])


def test_copies_of_one_event_begin_one_walk() -> None:
    event = joined(HOUR)
    orders, ends = race(
        partial(world, plain), lambda _: {"one": happened(event), "other": happened(event)}, most_switches=2
    )
    assert orders > 100
    assert [mails(end) for end in ends] == [["hello", "tips"]]


def test_two_events_that_may_begin_a_walk_begin_one() -> None:
    one, other = abandoned(HOUR, "4711"), abandoned(HOUR, "4711")
    other = type(other)(other.name, other.at + SECOND, "another", other.properties)
    orders, ends = race(
        partial(world, plain), lambda _: {"one": happened(one), "other": happened(other)}, most_switches=2
    )
    assert orders > 100
    # Whichever of the two began it, there is one walk.
    assert {tuple(mails(end)) for end in ends} == {("again", "remind")}


def test_copies_of_a_due_walk_send_its_mail_once() -> None:
    def copies(story: World) -> dict[str, Any]:
        walk = DueWalk("k1.ana", place_of(story))
        return {"one": walk, "other": walk}

    orders, ends = race(with_a_cart, copies, most_switches=3)
    assert orders > 100
    assert [mails(end) for end in ends] == [["again", "remind"]]


def test_a_goal_comes_as_the_walk_is_due() -> None:
    def goal(story: World) -> dict[str, Any]:
        bought = ordered(2 * HOUR)
        return {"due": DueWalk("k1.ana", place_of(story)), "goal": happened(bought)}

    orders, ends = race(with_a_cart, goal, most_switches=2)
    assert orders > 100
    assert sorted(mails(end) for end in ends) == [["receipt"], ["receipt", "remind"]]
    for end in ends:
        assert [walk[2] for (_, place), walk in end["walks"].items() if place.startswith("cart")] == [
            Ended.GOAL
        ]


def test_an_operator_takes_somebody_out_as_their_walk_is_due() -> None:
    def removing(story: World) -> dict[str, Any]:
        place = place_of(story)

        def remove(gate: Any) -> None:  # noqa: ANN401 - a gate
            story.engine(gate).remove("k1.ana", place, reason="asked by phone", now=story.now)

        return {"due": DueWalk("k1.ana", place), "remove": remove}

    orders, ends = race(with_a_cart, removing, most_switches=3)
    assert orders > 100
    assert sorted(mails(end) for end in ends) == [[], ["remind"]]
    for end in ends:
        assert [walk[2] for walk in end["walks"].values()] == [Ended.REMOVED]
