"""Calls that come too early, events that come between, and what was decided on a version that is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.event import Event
from postroad.journeys.advancing import View, advance
from postroad.journeys.effects import Mail
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.errors import NotDoneError
from postroad.journeys.item import read_walk, walk_item
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.plan import End, EventTrigger, Hours, Plan, Send, Wait, WaitFor
from postroad.journeys.running import Engine, Plans

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ORDERED = Event("order.placed", NOW, "o1")
SEEN = View(zone=ZoneInfo("UTC"))
TIPS = Send(id="tips", template="tips")
PAUSE = Wait(id="pause", seconds=3600, next="tips")


def journey(*steps: Send | Wait | WaitFor, **other: object) -> Plan:
    facts: dict[str, object] = {
        "name": "greeting", "version": 1, "stream": "marketing",
        "trigger": EventTrigger(event="order.placed"), "steps": steps,
    }  # fmt: skip
    return Plan(**(facts | other))  # type: ignore[arg-type]  # facts are of many types


class People:
    """Knows everybody, and of them the events that are given."""

    def __init__(self, *events: Event) -> None:
        self.events = events

    def view(self, _walk: Enrolment | None, _key: str, _plan: Plan, *, now: datetime) -> View:
        del now
        return replace(SEEN, events=self.events)


class Deeds(MemoryDoing):
    """What was done, by kind."""

    @property
    def mails(self) -> list[str]:
        return [effect.step for _, effect in self.done if isinstance(effect, Mail)]


def engine(walks: MemoryWalks, doing: MemoryDoing, *plans: Plan, people: People | None = None) -> Engine:
    return Engine(plans=Plans(plans), walks=walks, people=people or People(), doing=doing)


def latest(walks: MemoryWalks) -> Enrolment:
    walk = walks.latest("k1.ana", "greeting")
    assert walk is not None
    return walk


def test_a_walk_that_is_called_too_early_is_called_again() -> None:
    walks, doing = MemoryWalks(), Deeds()
    running = engine(walks, doing, journey(PAUSE, TIPS))
    running.take("k1.ana", ORDERED, now=NOW)
    due = NOW + HOUR
    assert running.due("k1.ana", "greeting", now=due - timedelta(milliseconds=1)) is None
    assert [at for _, at in walks.calls] == [due]
    running.due("k1.ana", "greeting", now=due)
    assert doing.mails == ["tips"]


def test_events_that_come_between_do_not_move_a_mails_place_in_its_spread() -> None:
    plan = journey(TIPS, hours=Hours(holidays=True, spread_seconds=3600))
    walks, doing = MemoryWalks(), Deeds()
    running = engine(walks, doing, plan)
    running.take("k1.ana", ORDERED, now=NOW)
    due = latest(walks).due
    assert due is not None
    assert due > NOW
    for number in range(1, 5):
        now = NOW + (due - NOW) * number / 5
        running.take("k1.ana", Event("site.visited", now, f"v{number}"), now=now)
        assert latest(walks).due == due
    running.due("k1.ana", "greeting", now=due)
    assert doing.mails == ["tips"]


def test_an_hour_that_is_none_any_more_is_looked_for_anew_when_an_event_comes() -> None:
    plan = journey(TIPS, hours=Hours(days=(((600, 660),),) * 7, holidays=True))
    standing = advance(plan, walk_of(plan), SEEN, now=NOW).enrolment
    assert standing.due == NOW + 2 * HOUR
    moved = advance(plan, standing, replace(SEEN, zone=ZoneInfo("Asia/Tokyo")), now=NOW + MINUTE).enrolment
    assert moved.due == datetime(2026, 11, 24, 1, tzinfo=UTC)


def walk_of(plan: Plan) -> Enrolment:
    return Enrolment(
        address_key="k1.ana", journey=plan.name, version=1, key="", entry=1, began=NOW, step=plan.first,
        since=NOW, due=NOW, trigger=ORDERED,
    )  # fmt: skip


def test_who_was_erased_and_comes_back_gets_mails_of_their_own() -> None:
    plan = journey(TIPS)
    before = walk_of(plan)
    again = replace(before, trigger=Event("order.placed", NOW + 24 * HOUR, "o9"), began=NOW + 24 * HOUR)
    assert (before.place, before.entry) == (again.place, again.entry)
    assert before.message_id("tips") != again.message_id("tips")


def test_one_event_is_not_the_next_of_its_name_that_is_waited_for() -> None:
    waits = [
        WaitFor(id=name, event="order.placed", at_most_seconds=86_400, next=following, otherwise="tips")
        for name, following in (("second", "third"), ("third", ""))
    ]
    plan, second = journey(*waits, TIPS), Event("order.placed", NOW + HOUR, "o2")
    walk = advance(plan, walk_of(plan), replace(SEEN, events=(ORDERED,)), now=NOW).enrolment
    assert walk.step == "second"
    seen = replace(SEEN, events=(ORDERED, second))
    for _ in range(2):
        walk = read_walk(walk_item(advance(plan, walk, seen, now=NOW + HOUR).enrolment))
        assert walk.step == "third"
    third = Event("order.placed", NOW + HOUR + MINUTE, "o3")
    walk = advance(plan, walk, replace(seen, events=(*seen.events, third)), now=third.at).enrolment
    assert walk.ended is Ended.FINISHED


def test_an_event_ends_a_walk_though_newer_ones_have_pushed_it_out_of_those_kept() -> None:
    plan = journey(
        PAUSE, TIPS, trigger=EventTrigger(event="cart.abandoned"), ends=(End(event="order.placed"),)
    )
    visits = [Event("site.visited", NOW + MINUTE * number, f"v{number}") for number in range(10, 60)]
    walks, doing = MemoryWalks(), Deeds()
    running = engine(walks, doing, plan, people=People(*visits))
    running.take("k1.ana", Event("cart.abandoned", NOW, "c1"), now=NOW)
    running.take("k1.ana", Event("order.placed", NOW + MINUTE, "o1"), now=NOW + 59 * MINUTE)
    assert latest(walks).ended is Ended.GOAL
    assert doing.mails == []


class Stuck(Deeds):
    """Whose stream `news` takes nothing."""

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> None:
        if plan.stream == "news":
            raise NotDoneError("the queue takes nothing")
        super().do(walk, plan, now=now)


def test_a_journey_whose_stream_takes_nothing_keeps_no_other_from_ending() -> None:
    joined, joins = Event("joined", NOW, "j1"), EventTrigger(event="joined")
    ends = (End(event="order.placed"),)
    stuck = journey(TIPS, name="a_news", stream="news", trigger=joins)
    other = journey(PAUSE, TIPS, trigger=joins, ends=ends)
    walks, doing = MemoryWalks(), Stuck()
    ordered = Event("order.placed", NOW + MINUTE, "o1")
    running = engine(walks, doing, stuck, other, people=People(joined, ordered))
    with pytest.raises(NotDoneError):
        running.take("k1.ana", joined, now=NOW)
    with pytest.raises(NotDoneError):
        running.take("k1.ana", ordered, now=NOW + MINUTE)
    assert latest(walks).ended is Ended.GOAL


class Dying(Deeds):
    """Dies before it does anything, once."""

    alive = False

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> None:
        if not self.alive:
            self.alive = True
            raise ConnectionError
        super().do(walk, plan, now=now)


def test_what_was_decided_on_a_version_that_is_gone_is_done_before_the_walk_moves() -> None:
    hello: tuple[Send | Wait, ...] = (Send(id="hello", template="hello", next="pause"), PAUSE, TIPS)
    walks, doing = MemoryWalks(), Dying()
    try:
        engine(walks, doing, journey(*hello)).take("k1.ana", ORDERED, now=NOW)
    except ConnectionError:
        assert doing.mails == []
    newer = journey(*hello, version=2, moves={1: {"pause": "pause"}})
    engine(walks, doing, newer).due("k1.ana", "greeting", now=NOW + HOUR)
    assert doing.mails == ["hello", "tips"]
    assert latest(walks).version == 2
