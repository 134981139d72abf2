"""A batch of the queue of journeys: what becomes of each record, and of no other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.activity.facts import How, Rule
from postroad.activity.memory import MemoryActivity
from postroad.activity.noting import Activity
from postroad.clock import FixedClock
from postroad.contacts.memory import MemoryContacts
from postroad.contacts.model import Contact
from postroad.contract.event import EventReason, InvalidEvent
from postroad.contract.words import StreamKind
from postroad.errors import TransientError
from postroad.journeys.date_triggers import date_place
from postroad.journeys.effects import Mail
from postroad.journeys.enrolment import Ended, place_of
from postroad.journeys.hearing import Heard, Hearing
from postroad.journeys.memory import MemoryDoing, MemoryWalks
from postroad.journeys.plan import End, Entry, EventTrigger, Plan, Send, Wait
from postroad.journeys.requests import EnrolmentRequest, enrolment_body
from postroad.journeys.running import Engine, Plans
from postroad.journeys.seeing import Known, Surroundings, view_of
from postroad.observability import make_logger
from postroad.records import Record
from postroad.schedule.walks import DueWalk, walk_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.activity.noting import Happened, Noted
    from postroad.journeys.advancing import View
    from postroad.journeys.enrolment import Enrolment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA, BEA = "k.ana@example.com", "k.bea@example.com"
DECLARED = Declared(
    {"cart.abandoned": Declaration(), "order.placed": Declaration(("total",), HOUR)},
    (Rule("orders", "order.placed", How.COUNT),),
)
CART = Plan(
    name="cart",
    version=1,
    stream="transactional",
    trigger=EventTrigger(event="cart.abandoned"),
    entry=Entry(rule="always"),
    ends=(End(event="order.placed", goal=True),),
    steps=(Wait(id="pause", seconds=3600, next="reminder"), Send(id="reminder", template="reminder")),
)
THANKS = Plan(
    name="thanks",
    version=1,
    stream="transactional",
    trigger=EventTrigger(event="order.placed"),
    entry=Entry(rule="always"),
    steps=(Send(id="thanks", template="thanks"),),
)
AROUND = Surroundings({"transactional": StreamKind.TRANSACTIONAL}, lambda _contact: ZoneInfo("UTC"))


class TroubleError(TransientError):
    """Something that passes."""


@dataclass
class People:
    """What journeys see of the contacts in memory; some can't be read."""

    contacts: MemoryContacts
    activity: MemoryActivity
    spoilt: set[str] = field(default_factory=set)

    def view(self, _walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        if address_key in self.spoilt:
            raise TroubleError
        found = self.contacts.find([address_key]).get(address_key)
        if found is None or not found.email:
            return None
        kept = self.activity.find([address_key]).get(address_key, Activity())
        known = Known(contact=found, facts=kept.facts, events=kept.events)
        return view_of(known, plan, AROUND, now=now)


@dataclass
class Letters:
    """Dead letters in a list."""

    copies: list[tuple[str, InvalidEvent]] = field(default_factory=list)
    is_down: bool = False

    def copy(self, record: Record, refusal: InvalidEvent) -> None:
        if self.is_down:
            raise TroubleError
        self.copies.append((record.sqs_id, refusal))


class SpoiltActivity(MemoryActivity):
    """Has bugs that one event brings to light, and trouble that passes."""

    def note(self, happened: Sequence[Happened], *, now: datetime) -> list[Noted]:
        if any(each.event.event_id == "poison" for each in happened):
            raise ZeroDivisionError
        return super().note(happened, now=now)

    def settle(self, happened: Happened) -> None:
        if happened.event.event_id in self.unsettled:
            self.unsettled.remove(happened.event.event_id)
            raise TroubleError
        super().settle(happened)

    unsettled: set[str]


class Dates:
    """Notes whose day has come."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str]] = []

    def due(self, address_key: str, journey: str, *, now: datetime) -> None:
        del now
        self.came.append((address_key, journey))


class World:
    """One stage in memory, as far as its queue of journeys goes."""

    def __init__(self, *plans: Plan) -> None:
        self.clock = FixedClock(NOON)
        self.contacts = MemoryContacts()
        self.activity = SpoiltActivity(self.contacts, DECLARED)
        self.activity.unsettled = set()
        self.people = People(self.contacts, self.activity)
        self.walks = MemoryWalks()
        self.doing = MemoryDoing()
        self.letters = Letters()
        self.dates = Dates()
        self.plans = Plans(plans or (CART,))
        self.has_engine = True
        self.log = StringIO()
        logger = make_logger("journeys")
        logger.handlers[0].stream = self.log  # type: ignore[attr-defined]  # a stream handler has one
        self.hearing = Hearing(
            activity=self.activity,
            declared=DECLARED,
            engine=self.engine,
            dead_letters=self.letters,
            address_key=lambda canonical: f"k.{canonical}",
            clock=self.clock,
            dates=lambda _engine: self.dates,
            logger=logger,
            threads=4,
        )

    def engine(self) -> Engine:
        if not self.has_engine:
            raise TroubleError
        return Engine(plans=self.plans, walks=self.walks, people=self.people, doing=self.doing)

    def take(self, *bodies: str, seconds_left: float = 60) -> Heard:
        return self.hearing.take(
            [
                Record(str(number), "receipt", body, first_sent=NOON, receives=1)
                for number, body in enumerate(bodies)
            ],
            seconds_left=lambda: seconds_left,
        )

    def mails(self) -> list[str]:
        return [effect.step for _, effect in self.doing.done if isinstance(effect, Mail)]

    def walk(self, address_key: str = ANA, journey: str = "cart") -> Enrolment:
        found = self.walks.latest(address_key, place_of(journey, ""))
        assert found is not None
        return found


def event(event_id: str = "e1", name: str = "cart.abandoned", who: str = "ana", **other: Any) -> str:  # noqa: ANN401 - fields of an event
    facts = {
        "schema": "postroad.event.v1",
        "event_id": event_id,
        "name": name,
        "time": NOON.isoformat(),
        "contact": {"email": f"{who}@example.com"},
    }
    return json.dumps(facts | other)


def enveloped(body: str) -> str:
    return json.dumps(
        {"version": "0", "id": "1", "detail-type": "postroad.event.v1", "detail": json.loads(body)}
    )


def due(address_key: str = ANA, place: str = "cart") -> str:
    return walk_body(DueWalk(address_key, place))


def test_an_event_is_kept_and_begins_a_journey() -> None:
    world = World()

    heard = world.take(event(), enveloped(event("e2", who="bea")))

    assert heard == Heard([], {"new": 2, "enrolled": 2})
    assert world.walk(ANA).step == world.walk(BEA).step == "pause"
    assert [each.event_id for each in world.activity.find([ANA])[ANA].events] == ["e1"]


def test_a_walk_that_is_due_goes_on_and_an_order_ends_it() -> None:
    world = World()
    world.take(event(), event("e2", who="bea"))
    world.clock.at = NOON + 2 * HOUR

    heard = world.take(
        event("e3", "order.placed", time=(NOON + HOUR).isoformat(), properties={"total": 1}),
        due(ANA),
        due(BEA),
    )

    assert heard.failures == []
    assert world.mails() == ["reminder"]
    assert (world.walk(ANA).ended, world.walk(BEA).ended) == (Ended.GOAL, Ended.FINISHED)


def test_one_contacts_records_are_taken_in_their_order() -> None:
    world = World()

    world.take(event("e1"), event("e2", "order.placed"), event("e3"))

    assert world.walk().trigger is not None
    assert (world.walk().entry, world.walk().trigger.event_id) == (2, "e3")  # type: ignore[union-attr]  # asserted above


def test_a_copy_is_dropped_even_where_the_entry_rule_would_take_it() -> None:
    world = World(THANKS)
    world.take(event("e1", "order.placed"))

    assert world.take(event("e1", "order.placed")) == Heard([], {"copy": 1})

    assert world.mails() == ["thanks"]


def test_a_copy_begins_nothing_that_the_event_itself_did_not_begin() -> None:
    world = World()
    world.take(event("e1"))
    world.take(event("e2"))
    world.take(event("e3", "order.placed"))

    world.take(event("e2"))

    assert (world.walk().entry, world.walk().ended) == (1, Ended.GOAL)


def test_an_event_whose_journeys_were_not_told_is_told_again() -> None:
    world = World(THANKS)
    world.people.spoilt.add(ANA)

    heard = world.take(event("e1", "order.placed"), event("e1", "order.placed", who="bea"))

    assert heard == Heard(["0"], {"new": 2, "failed": 1, "enrolled": 1, "mail": 1, "finished": 1})
    world.people.spoilt.clear()
    assert world.take(event("e1", "order.placed")).counts["again"] == 1
    assert world.mails() == ["thanks", "thanks"]
    assert world.activity.find([ANA])[ANA].facts == {"orders": 1}


def test_an_event_that_could_not_be_settled_is_taken_again_and_does_nothing_twice() -> None:
    world = World(THANKS)
    world.activity.unsettled.add("e1")

    assert world.take(event("e1", "order.placed")).failures == ["0"]
    assert world.take(event("e1", "order.placed")).failures == []

    assert world.mails() == ["thanks"]


def test_without_an_engine_all_come_again_and_nothing_is_lost() -> None:
    world = World(THANKS)
    world.has_engine = False

    assert world.take(event("e1", "order.placed"), due()).failures == ["0", "1"]

    world.has_engine = True
    world.take(event("e1", "order.placed"))
    assert world.mails() == ["thanks"]


@pytest.mark.parametrize(
    ("body", "reason", "place"),
    [
        ("{", EventReason.NOT_JSON, "body"),
        ("[]", EventReason.SCHEMA, "body"),
        ('{"schema": "postroad.walk.v1"}', EventReason.SCHEMA, "body"),
        ('{"schema": "postroad.enrolment.v1"}', EventReason.SCHEMA, "body"),
        ('{"schema": "postroad.message.v1"}', EventReason.SCHEMA, "schema"),
        (event(name="order.place"), EventReason.UNKNOWN_EVENT, "name"),
        (event(contact={"email": "nobody"}), EventReason.ADDRESS, "contact.email"),
        (event(time="2026-11-24T12:00:00Z"), EventReason.TIME, "time"),
    ],
)
def test_what_can_never_be_taken_goes_to_the_dead_letters(body: str, reason: EventReason, place: str) -> None:
    world = World()

    heard = world.take(body, event("e2", who="bea"))

    assert heard == Heard([], {"refused": 1, "new": 1, "enrolled": 1})
    ((sqs_id, refusal),) = world.letters.copies
    assert (sqs_id, refusal.reason, refusal.field) == ("0", reason, place)


def test_what_the_dead_letters_do_not_take_stays() -> None:
    world = World()
    world.letters.is_down = True

    assert world.take("{", event()).failures == ["0"]


def test_an_unknown_event_is_told_with_what_was_meant() -> None:
    world = World()
    world.take(event(name="order.place"))

    ((_, refusal),) = world.letters.copies
    assert "did you mean order.placed?" in refusal.detail
    assert refusal.event_id == "e1"


def test_one_event_that_brings_a_bug_to_light_stops_no_other() -> None:
    world = World()

    heard = world.take(event("poison"), event("e2", who="bea"), event("e3", who="cem"))

    assert heard.failures == ["0"]
    assert heard.counts["enrolled"] == 2


def test_nobody_who_was_erased_is_brought_back() -> None:
    world = World()
    world.contacts.write(Contact(ANA, "", version=2, erased_at=NOON, erasure="p1"), ())

    assert world.take(event(), due()) == Heard([], {"erased": 1, "due": 1})

    assert world.contacts.find([ANA])[ANA].email == ""
    assert world.activity.find([ANA]) == {}


def test_an_event_that_comes_too_late_counts_and_begins_nothing() -> None:
    world = World(THANKS)

    world.take(event("e1", "order.placed", time=(NOON - 2 * HOUR).isoformat()))

    assert world.mails() == []
    assert world.activity.find([ANA])[ANA].facts == {"orders": 1}


def test_an_event_that_comes_too_late_to_begin_still_ends_what_it_is_the_goal_of() -> None:
    world = World()
    world.take(event())
    world.clock.at = NOON + 50 * timedelta(minutes=1)
    world.take(event("e2", "order.placed", time=(NOON + timedelta(minutes=1)).isoformat()))

    assert world.walk().ended is Ended.GOAL


def test_an_event_from_a_clock_that_is_ahead_counts_as_of_now() -> None:
    world = World()

    world.take(event(time="2026-11-23T11:00:00+02:00"))

    (kept,) = world.activity.find([ANA])[ANA].events
    assert kept.at == world.walk().began == NOON


def test_an_operator_enrols_a_contact_once() -> None:
    world = World()
    world.take(event("e1", "order.placed"))
    request = EnrolmentRequest(
        request_id="r1", address_key=ANA, journey="cart", by="operator:lee", at=NOON, properties={"a": 1}
    )

    assert world.take(enrolment_body(request), enrolment_body(request)).failures == []

    assert world.walk().trigger is not None
    assert world.walk().entry == 1
    unknown = EnrolmentRequest(request_id="r2", address_key=BEA, journey="cart", by="operator:lee", at=NOON)
    assert world.take(enrolment_body(unknown)) == Heard([], {"not_enrolled": 1, "unknown_contact": 1})


def test_a_date_that_is_due_is_followed() -> None:
    world = World()

    assert world.take(due(ANA, date_place("birthday"))) == Heard([], {"due": 1})

    assert world.dates.came == [(ANA, "birthday")]


def test_what_there_is_no_time_for_comes_again() -> None:
    world = World()
    left = iter([10.0, 1.0, 1.0, 1.0])

    records = [Record("0", "r", event(), NOON, 1), Record("1", "r", due(BEA), NOON, 1)]
    heard = world.hearing.take(records, seconds_left=lambda: next(left))

    assert heard == Heard(["0", "1"], {"new": 1, "no_time": 2})
    assert world.take(event()).counts["enrolled"] == 1


def test_no_address_gets_into_the_log() -> None:
    world = World()
    world.people.spoilt.add(ANA)

    world.take(event(), event("poison"), event(contact={"email": "nobody@"}), "{")

    assert world.log.getvalue().count("\n") == 4
    assert "@" not in world.log.getvalue()
    assert "TroubleError" in world.log.getvalue()
