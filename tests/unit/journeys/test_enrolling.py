from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.event import Event
from postroad.journeys.advancing import View, advance
from postroad.journeys.enrolling import NotEnrolled, Refusal, enrol, moved
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.plan import DateTrigger, Entry, EventTrigger, Plan, Send, Wait

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SEEN = View(zone=UTC_ZONE, contact={"locale": "es"})
FILLED = Event("cart.filled", NOW, "e1", {"cart": "c1", "total": 20})


def plan(**other: object) -> Plan:
    facts: dict[str, object] = {
        "name": "cart", "version": 1, "stream": "marketing",
        "trigger": EventTrigger(event="cart.filled", when="event.properties.total > 10"),
        "audience": "contact.locale == 'es'",
        "steps": (Wait(id="pause", seconds=3600, next="hello"), Send(id="hello", template="hello")),
    }  # fmt: skip
    return Plan(**(facts | other))  # type: ignore[arg-type]  # facts are of many types


def begin(
    of: Plan, event: Event = FILLED, *, last: Enrolment | None = None, view: View = SEEN
) -> Enrolment | Refusal:
    return enrol(of, last, event, view, address_key="k1.ana", now=max(event.at, NOW))


def walk(of: Plan, event: Event = FILLED, last: Enrolment | None = None) -> Enrolment:
    begun = begin(of, event, last=last)
    assert isinstance(begun, Enrolment)
    return begun


def over(enrolment: Enrolment) -> Enrolment:
    return replace(enrolment, ended=Ended.FINISHED, due=None)


def later(days: int) -> Event:
    return Event("cart.filled", NOW + days * DAY, f"after {days}", {"cart": "c1", "total": 20})


def test_an_event_begins_a_walk_at_the_first_step() -> None:
    begun = walk(plan())
    assert (begun.step, begun.entry, begun.due, begun.began) == ("pause", 1, NOW, NOW)
    assert advance(plan(), begun, SEEN, now=NOW).enrolment.due == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("event", "view", "why"),
    [
        (replace(FILLED, name="cart.emptied"), SEEN, NotEnrolled.OTHER_EVENT),
        (replace(FILLED, properties={"total": 5}), SEEN, NotEnrolled.CONDITION),
        (replace(FILLED, properties={}), SEEN, NotEnrolled.CONDITION),
        (FILLED, View(zone=UTC_ZONE, contact={"locale": "nl"}), NotEnrolled.AUDIENCE),
        (replace(FILLED, properties={"total": "many"}), SEEN, NotEnrolled.FAULT),
    ],
)
def test_others_begin_none_and_say_why(event: Event, view: View, why: NotEnrolled) -> None:
    begun = begin(plan(), event, view=view)
    assert isinstance(begun, Refusal)
    assert begun.why is why
    assert (begun.detail != "") == (why is NotEnrolled.FAULT)


def test_a_date_journey_begins_with_no_event() -> None:
    assert begin(plan(trigger=DateTrigger(attribute="birthday"))) == Refusal(NotEnrolled.OTHER_EVENT)


def test_once_is_once() -> None:
    assert begin(plan(), later(900), last=over(walk(plan()))) == Refusal(NotEnrolled.ONCE)


def test_a_cooldown_counts_from_when_the_last_walk_began() -> None:
    cart = plan(entry=Entry(rule="cooldown", cooldown_seconds=30 * 86_400))
    last = over(walk(cart))
    assert begin(cart, later(29), last=last) == Refusal(NotEnrolled.COOLDOWN)
    assert walk(cart, later(30), last).entry == 2


@pytest.mark.parametrize("rule", ["once", "cooldown", "always"])
def test_one_walk_at_a_time(rule: str) -> None:
    cart = plan(entry=Entry(rule=rule))  # type: ignore[arg-type]  # parametrize gives texts
    assert begin(cart, later(1), last=walk(cart)) == Refusal(NotEnrolled.UNDER_WAY)


def test_a_copy_of_the_event_begins_nothing_even_when_the_walk_is_over() -> None:
    cart = plan(entry=Entry(rule="always"))
    assert begin(cart, last=over(walk(cart))) == Refusal(NotEnrolled.COPY)
    assert walk(cart, later(1), over(walk(cart))).entry == 2


def test_walks_with_other_keys_are_others() -> None:
    cart = plan(entry=Entry(rule="once", key="event.properties.cart"))
    assert walk(cart).key == "c1"
    assert (
        walk(cart).enrolment_id
        != walk(cart, replace(FILLED, properties={"cart": "c2", "total": 20})).enrolment_id
    )


@pytest.mark.parametrize("cart", [None, "", "c" * 129])
def test_without_a_key_that_can_be_kept_nothing_begins(cart: str | None) -> None:
    keyed = plan(entry=Entry(key="event.properties.cart"))
    event = replace(FILLED, properties={"total": 20, "cart": cart})
    assert begin(keyed, event) == Refusal(NotEnrolled.NO_KEY)


def test_a_walk_moves_only_where_the_newer_version_says_where_to() -> None:
    begun = walk(plan())
    newer = plan(version=2, moves={1: {"pause": "hello"}})
    gone_on = moved(begun, newer)
    assert gone_on is not None
    assert (gone_on.version, gone_on.step, gone_on.writes) == (2, "hello", begun.writes + 1)
    assert gone_on.message_id("hello") == begun.message_id("hello")
    assert moved(replace(begun, step="hello"), newer) is None
    assert moved(over(begun), newer) is None
    assert moved(gone_on, newer) is None
    assert moved(begun, plan(version=2)) is None
