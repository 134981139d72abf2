"""Wherever the function dies or a call goes wrong: no step of a journey is skipped, and none taken twice.

Each call of a whole story is spoiled in each way, in turn, and then pairs of calls. What contacts get, what
the bus hears and where walks end must be what it is without a fault.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from postroad.activity.event import Event
from postroad.activity.facts import How, Rule
from postroad.journeys.plan import (
    Branch,
    Choice,
    End,
    Entry,
    EventTrigger,
    Notify,
    Plan,
    Send,
    Set,
    Wait,
    WaitFor,
)
from tests.journeys_world import NOW, PHASES, TOPIC, Faults, World

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WELCOME = Plan(
    name="welcome", version=1, stream="marketing", topic=TOPIC, trigger=EventTrigger(event="joined"),
    entry=Entry(rule="always"),
    steps=(
        Send(id="hello", template="hello", data={"orders": "facts.orders"}, next="mark"),
        Set(id="mark", attributes={"greeted": "true"}, next="tell"),
        Notify(id="tell", event="welcome.greeted", properties={"locale": "contact.locale"}, next="pause"),
        Wait(id="pause", seconds=3600, next="ask"),
        WaitFor(id="ask", event="order.placed", at_most_seconds=86_400, next="thanks", otherwise="which"),
        Branch(id="which", choices=(Choice(condition="contact.attributes.greeted", next="tips"),)),
        Send(id="thanks", template="thanks", data={"total": "event.properties.total"}, next="tips"),
        Send(id="tips", template="tips"),
    ),
)  # fmt: skip
CART = Plan(
    name="cart", version=1, stream="marketing", topic=TOPIC, trigger=EventTrigger(event="cart.abandoned"),
    entry=Entry(rule="always", key="event.properties.cart_id"),
    ends=(End(event="order.placed"),),
    steps=(
        Wait(id="pause", seconds=3600, next="remind"),
        Send(id="remind", template="cart", data={"total": "event.properties.total"}, next="rest"),
        Wait(id="rest", seconds=86_400, next="again"),
        Send(id="again", template="cart"),
    ),
)  # fmt: skip
RECEIPT = Plan(
    name="receipt", version=1, stream="transactional", trigger=EventTrigger(event="order.placed"),
    entry=Entry(rule="once"), category="receipts",
    steps=(Send(id="receipt", template="receipt", next="tell"), Notify(id="tell", event="receipt.sent")),
)  # fmt: skip
RULES = (Rule("orders", "order.placed", How.COUNT),)
EVENTS = ("joined", "cart.abandoned", "order.placed")


def world(gate: Any) -> World:  # noqa: ANN401 - a gate
    return World(WELCOME, CART, RECEIPT, rules=RULES, events=EVENTS, gate=gate)


def joined(at: timedelta, number: int = 1) -> Event:
    return Event("joined", NOW + at, f"joined-{number}")


def abandoned(at: timedelta, cart: str) -> Event:
    return Event("cart.abandoned", NOW + at, f"cart-{cart}", {"cart_id": cart, "total": 12.5})


def ordered(at: timedelta) -> Event:
    return Event("order.placed", NOW + at, "order-1", {"total": 30})


def all_the_way(gate: Any) -> World:  # noqa: ANN401 - a gate
    """Walk to the end; begin again; a copy of the first event comes late."""
    story = world(gate)
    story.arrive("k1.ana", joined(HOUR))
    story.arrive("k1.ana", joined(5 * DAY, 2))
    story.arrive("k1.ana", joined(HOUR), at=NOW + 6 * DAY)
    return story.run()


def bought_on_the_way(gate: Any) -> World:  # noqa: ANN401 - a gate
    """Two carts and a welcome; then an order, which ends both and is what the welcome waits for."""
    story = world(gate)
    story.arrive("k1.ana", joined(HOUR))
    story.arrive("k1.ana", abandoned(HOUR, "4711"))
    story.arrive("k1.ana", abandoned(2 * HOUR, "4712"))
    story.arrive("k1.ana", ordered(5 * HOUR))
    return story.run()


STORIES: dict[str, Callable[[Any], World]] = {"all the way": all_the_way, "bought": bought_on_the_way}


@cache
def undisturbed(story: str) -> tuple[list[str], dict[str, Any]]:
    """Return the calls of a story without a fault, and how it ends."""
    faults = Faults()
    return faults.seen, STORIES[story](faults).outcome()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("story", STORIES)
def test_a_fault_at_any_call_changes_nothing_but_the_hour(story: str, phase: str) -> None:
    calls, wanted = undisturbed(story)
    assert len(calls) > 50
    for place, name in enumerate(calls):
        faults = Faults({place: PHASES[phase]})
        found = STORIES[story](faults).outcome()
        assert found == wanted, f"{phase} at {place}: {name}"
        assert len(faults.seen) > place


@pytest.mark.parametrize("first", ["dies after", "answer lost"])
@pytest.mark.parametrize("second", ["dies before", "dies after", "answer lost"])
@pytest.mark.parametrize("story", STORIES)
def test_a_fault_while_another_is_mended_changes_nothing_but_the_hour(
    story: str, first: str, second: str
) -> None:
    calls, wanted = undisturbed(story)
    for place, name in enumerate(calls):
        for later in (1, 3, 8):
            faults = Faults({place: PHASES[first], place + later: PHASES[second]})
            found = STORIES[story](faults).outcome()
            assert found == wanted, f"{first} at {place}: {name}; {second} {later} calls later"


def test_the_calls_of_a_walk_stay_the_same_as_walks_grow() -> None:
    def calls(contacts: int) -> int:
        faults = Faults()
        keys = [f"k1.{number}" for number in range(contacts)]
        story = World(WELCOME, CART, RECEIPT, contacts=keys, rules=RULES, events=EVENTS, gate=faults)
        for key in keys:
            story.arrive(key, joined(HOUR))
        story.run()
        assert len(story.messages()) == 2 * contacts
        return len(faults.seen)

    alone = calls(1)
    assert alone < 40
    assert calls(100) == 100 * alone


@pytest.mark.parametrize("story", STORIES)
def test_the_matrix_meets_every_call_that_the_function_makes(story: str) -> None:
    calls, wanted = undisturbed(story)
    assert set(calls) >= {
        "Query journeys", "GetItem journeys", "PutItem journeys", "UpdateItem journeys", "PutItem schedule",
        "BatchGetItem contacts+suppressions", "TransactWriteItems transaction", "put marketing",
    }  # fmt: skip
    assert wanted["mails"]
