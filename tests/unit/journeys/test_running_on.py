"""What the engine does beside its usual way: by hand, for who is erased, with what is too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.event import Event
from postroad.journeys.advancing import View
from postroad.journeys.conditions import ConditionError, plain, value_of
from postroad.journeys.effects import Attributes, Mail
from postroad.journeys.enrolling import NotEnrolled, Refusal
from postroad.journeys.enrolment import Ended, Enrolment, place_of
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.plan import Branch, Choice, DateTrigger, Entry, EventTrigger, Plan, Send, Set, Wait
from postroad.journeys.running import Engine, Plans

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOINED = Event("joined", NOW, "e1")
KEY = "k1.ana"


def plan(*steps: Any, **other: Any) -> Plan:  # noqa: ANN401 - steps, and fields of Plan
    usual: dict[str, Any] = {
        "name": "greeting", "version": 1, "stream": "marketing", "trigger": EventTrigger(event="joined"),
        "entry": Entry(rule="always"), "steps": steps or (Send(id="hello", template="hello"),),
    }  # fmt: skip
    return Plan(**(usual | other))


class People:
    def __init__(self) -> None:
        self.known = {KEY}

    def view(self, _walk: Enrolment | None, address_key: str, _plan: Plan, *, now: datetime) -> View | None:
        del now
        return View(zone=ZoneInfo("UTC")) if address_key in self.known else None


class World:
    def __init__(self, *plans: Plan, paused: frozenset[str] = frozenset()) -> None:
        self.walks, self.doing, self.people = MemoryWalks(), MemoryDoing(), People()
        self.plans = Plans(plans, paused=paused)

    def engine(self) -> Engine:
        return Engine(plans=self.plans, walks=self.walks, people=self.people, doing=self.doing)

    def mails(self) -> int:
        return sum(isinstance(effect, Mail) for _, effect in self.doing.done)

    def walk(self) -> Enrolment:
        (walk,) = self.walks.known(KEY)
        return walk


def test_an_operator_begins_a_walk_whatever_its_trigger_says() -> None:
    world = World(plan(trigger=EventTrigger(event="other", when="event.properties.total > 100")))
    begun = world.engine().enrol(KEY, "greeting", JOINED, now=NOW)
    assert isinstance(begun, Enrolment)
    assert world.engine().enrol(KEY, "greeting", JOINED, now=NOW) == Refusal(NotEnrolled.COPY)
    assert world.mails() == 1


@pytest.mark.parametrize(
    ("plan_", "why"),
    [
        (plan(audience="contact.name == 'Bo'"), NotEnrolled.AUDIENCE),
        (plan(entry=Entry(rule="always", key="event.properties.cart_id")), NotEnrolled.NO_KEY),
        (plan(name="other"), NotEnrolled.UNKNOWN_JOURNEY),
    ],
)
def test_who_is_not_begun_by_hand_is_told_why(plan_: Plan, why: NotEnrolled) -> None:
    world = World(plan_)
    assert world.engine().enrol(KEY, "greeting", JOINED, now=NOW) == Refusal(why)
    assert world.engine().enrol("k1.bo", plan_.name, JOINED, now=NOW) == Refusal(NotEnrolled.UNKNOWN_CONTACT)
    assert world.walks.known(KEY) == []


def test_a_date_begins_a_walk_as_an_operator_does() -> None:
    world = World(plan(trigger=DateTrigger(attribute="birthday")))
    assert isinstance(world.engine().enrol(KEY, "greeting", JOINED, now=NOW), Enrolment)
    assert world.engine().take(KEY, Event("date", NOW, "e2"), now=NOW) == []


def test_a_late_copy_of_an_event_that_began_an_earlier_walk_begins_none() -> None:
    world = World(plan())
    for number in range(5):
        world.engine().take(KEY, Event("joined", NOW, f"e{number}"), now=NOW)
    for number in range(5):
        world.engine().take(KEY, Event("joined", NOW, f"e{number}"), now=NOW + HOUR)
    assert world.walk().entry == world.mails() == 5


def test_a_walk_through_a_journey_that_is_walked_once_is_kept_for_good() -> None:
    for entry, kept in (
        (Entry(), True),
        (Entry(rule="always"), False),
        (Entry(rule="cooldown", cooldown_seconds=86_400), False),
        (Entry(rule="cooldown", cooldown_seconds=500 * 86_400), True),
    ):
        world = World(plan(entry=entry))
        world.engine().take(KEY, JOINED, now=NOW)
        assert world.walk().kept is kept


def test_nothing_is_kept_of_a_walk_whose_contact_is_erased_meanwhile() -> None:
    world = World(plan(Wait(id="pause", seconds=3600, next="hello"), Send(id="hello", template="hello")))
    world.engine().take(KEY, JOINED, now=NOW)
    world.people.known.clear()
    assert world.engine().due(KEY, "greeting", now=NOW + HOUR) is None
    assert world.walks.known(KEY) == []
    assert world.mails() == 0


def test_a_walk_whose_version_is_not_deployed_waits_and_may_be_taken_out() -> None:
    world = World(plan(Wait(id="pause", seconds=3600, next="hello"), Send(id="hello", template="hello")))
    world.engine().take(KEY, JOINED, now=NOW)
    world.plans = Plans([plan(version=2)])
    engine = world.engine()
    assert engine.due(KEY, "greeting", now=NOW + HOUR) is None
    assert engine.counts == {"stranded": 1}
    assert len(world.walks.calls) == 1
    assert engine.remove(KEY, "greeting", reason="its version is gone", now=NOW + HOUR)
    assert world.walk().ended is Ended.REMOVED


def test_a_walk_that_is_held_asks_again_at_its_own_moment_of_each_hour() -> None:
    steps = (Wait(id="pause", seconds=3600, next="hello"), Send(id="hello", template="hello"))
    world = World(plan(*steps), paused=frozenset({"greeting"}))
    world.people.known = {f"k1.{number}" for number in range(100)}
    for key in world.people.known:
        world.engine().take(key, JOINED, now=NOW)
        for minutes in (0, 1, 30):
            world.engine().due(key, "greeting", now=NOW + timedelta(minutes=minutes))
    moments: dict[str, set[datetime]] = {}
    for walk, at in world.walks.calls:
        moments.setdefault(walk.address_key, set()).add(at)
        assert NOW < at <= NOW + HOUR + timedelta(minutes=35)
    assert all(len({at.replace(hour=0) for at in each}) == 1 for each in moments.values())
    assert len({min(each) for each in moments.values()}) > 90
    assert world.mails() == 0


def test_what_was_decided_before_a_removal_is_done() -> None:
    world = World(plan(Send(id="hello", template="hello", next="pause"), Wait(id="pause", seconds=3600)))
    world.engine().take(KEY, JOINED, now=NOW)
    undone = replace(world.walk(), outbox=(Attributes({"vip": True}),), writes=world.walk().writes + 1)
    assert world.walks.write(world.walk(), undone, now=NOW)
    assert world.engine().remove(KEY, "greeting", reason="asked", now=NOW)
    assert world.doing.done[-1][1] == Attributes({"vip": True})


def test_a_walk_that_decides_too_much_ends_and_does_nothing() -> None:
    long = Event("joined", NOW, "e1", {"text": "x" * 60_000})
    send: dict[str, Any] = {"data": {"text": "event.properties.text"}, "template": "hello"}
    world = World(plan(Send(id="one", next="two", **send), Send(id="two", **send)))
    world.engine().take(KEY, long, now=NOW)
    assert (world.walk().ended, world.walk().reason) == (
        Ended.FAULT, "what it decided takes more than 100,000 bytes"
    )  # fmt: skip
    assert world.mails() == 0


@pytest.mark.parametrize(
    ("value", "field"),
    [("event.properties", "attributes.a"), ("event.properties.long", "attributes.a")],
)
def test_an_attribute_that_cannot_be_kept_ends_the_walk_with_its_name(value: str, field: str) -> None:
    world = World(plan(Set(id="mark", attributes={"a": value})))
    world.engine().take(KEY, Event("joined", NOW, "e1", {"long": "x" * 2000}), now=NOW)
    assert world.walk().ended is Ended.FAULT
    assert world.walk().reason.startswith(f"mark: {field}: ")
    assert "xx" not in world.walk().reason
    assert world.doing.done == []


def test_what_a_step_sets_is_seen_by_the_next_step_at_once() -> None:
    steps = (
        Set(id="mark", attributes={"vip": "true"}, next="which"),
        Branch(id="which", choices=(Choice(condition="contact.attributes.vip", next="hello"),)),
        Send(id="hello", template="hello"),
    )
    world = World(plan(*steps))
    world.engine().take(KEY, JOINED, now=NOW)
    assert world.mails() == 1


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("nobody", None),
        ("[nobody.there, 1]", [None, 1]),
        ("(1, 'two')", [1, "two"]),
        ("given", {"a": [1.5, True, None]}),
    ],
)
def test_values_are_what_json_has(expression: str, value: object) -> None:
    found = plain(value_of(expression, {"given": {"a": (1.5, True, None)}}))
    assert found == value


@pytest.mark.parametrize("expression", ["'nan' | float", "'inf' | float", "broken"])
def test_values_that_json_lacks_are_errors(expression: str) -> None:
    with pytest.raises(ConditionError):
        plain(value_of(expression, {"broken": "\ud800"}))


def test_a_place_is_the_same_for_the_same_key_and_holds_none_of_it() -> None:
    assert place_of("cart", "") == "cart"
    assert place_of("cart", "Order 4711 / Ana") == place_of("cart", "Order 4711 / Ana")
    assert place_of("cart", "4711") != place_of("cart", "4712")
    assert set(place_of("cart", "Ünïcode #:")) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.")
