from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.activity.event import Event
from postroad.activity.facts import How, Rule
from postroad.contacts.model import ConsentStatus, Contact, TopicStanding
from postroad.contract.words import StreamKind
from postroad.journey_files.compiling import compile_journey
from postroad.journey_files.rules import World
from postroad.journeys.running import Plans
from postroad.journeys.seeing import Surroundings, zone_or
from postroad.journeys.simulating import UNSUBSCRIBED, Simulation
from postroad.journeys.timeline import What

if TYPE_CHECKING:
    from postroad.journeys.plan import Plan

WORLD = World({"marketing": True}, {"offers": "marketing"}, frozenset({"hello", "tips", "thanks"}))
NOW = datetime(2026, 3, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DECLARED = Declared(
    {"order.placed": Declaration(("total",))},
    (
        Rule("orders", "order.placed", How.COUNT),
        Rule("spent", "order.placed", How.SUM, "total"),
    ),
)
GRANTED = {"offers": TopicStanding(ConsentStatus.GRANTED, NOW)}
ANA = Contact("k1.ana", "ana@example.com", time_zone="Europe/Berlin", topics=GRANTED)
BO = Contact("k1.bo", "bo@example.com", topics=GRANTED)
SERIES = """\
version: 1
description: Greets.
stream: marketing
topic: offers
trigger: {event: contact.joined}
entry: {rule: cooldown, after: 20 days}
hours: {weekdays: [monday, tuesday, wednesday, thursday, friday], from: "09:00", to: "17:00"}
ends:
  - {event: order.placed, when: facts.spent >= 100}
steps:
  - id: hello
    send: hello
  - wait: 4 days
  - id: tips
    send: tips
  - set: {greeted: "true"}
  - wait: 1 day
  - branch:
      - if: contact.attributes.greeted and facts.orders > 0
        steps: [{id: thanks, send: thanks}]
"""


def plan(text: str = SERIES, name: str = "greeting") -> Plan:
    return compile_journey(text, name=name, file=f"journeys/{name}.yaml", world=WORLD)


def walked(*events: tuple[str, Event], contacts: tuple[Contact, ...] = (ANA,), days: int = 60,
           plans: Plans | None = None) -> list[str]:  # fmt: skip
    around = Surroundings(
        kinds={"marketing": StreamKind.MARKETING},
        zone_of=zone_or(ZoneInfo("America/New_York")),
        holidays_of=lambda _: lambda day: day == date(2026, 3, 25),
    )
    simulation = Simulation(plans or Plans([plan()]), contacts, around=around, declared=DECLARED)
    lines = simulation.run(events, until=NOW + days * DAY)
    return [
        f"{each.at:%m-%d %H:%M} {each.address_key[3:]} {each.what} {each.detail}".rstrip()
        for each in lines
        if each.what not in {What.EVENT, What.REFUSED}
    ]


def happens(
    name: str, *, after: timedelta = timedelta(0), to: str = "k1.ana", **properties: object
) -> tuple[str, Event]:
    return to, Event(name, NOW + after, f"{name} {after} {properties}", properties)


JOINED = happens("contact.joined")


def test_a_series_over_a_change_of_the_clock() -> None:
    # 29 March is a Sunday, and the day on which Berlin puts its clock forward.
    assert walked(JOINED) == [
        "03-24 08:00 ana began contact.joined",
        "03-24 08:00 ana mail hello: hello",
        "03-30 07:00 ana mail tips: tips",
        "03-30 07:00 ana set greeted=True",
        "03-31 07:00 ana finished",
    ]


def test_a_holiday_is_waited_for_in_the_contacts_own_zone() -> None:
    late = happens("contact.joined", after=timedelta(hours=9), to="k1.bo")
    assert walked(late, contacts=(BO,))[:2] == [
        "03-24 17:00 bo began contact.joined",
        "03-24 17:00 bo mail hello: hello",
    ]
    evening = happens("contact.joined", after=timedelta(hours=14), to="k1.bo")
    assert walked(evening, contacts=(BO,))[1] == "03-26 13:00 bo mail hello: hello"


def test_a_purchase_ends_it_where_it_is_large_enough() -> None:
    small = happens("order.placed", after=DAY, total=40)
    large = happens("order.placed", after=2 * DAY, total=60.5)
    assert walked(JOINED, small)[-2:] == ["03-31 07:00 ana mail thanks: thanks", "03-31 07:00 ana finished"]
    assert walked(JOINED, small, large)[-1] == "03-26 08:00 ana goal"


def test_leaving_ends_it_before_the_next_mail() -> None:
    left = happens(UNSUBSCRIBED, after=DAY, topic="offers")
    assert walked(JOINED, left)[2:] == ["03-28 08:00 ana left suppressed: unsubscribed"]


def test_without_consent_nobody_is_mailed() -> None:
    nobody = replace(ANA, topics={})
    pending = replace(ANA, topics={"offers": TopicStanding(ConsentStatus.PENDING, NOW)})
    assert walked(JOINED, contacts=(nobody,))[-1] == "03-24 08:00 ana left no consent to offers"
    assert walked(JOINED, contacts=(pending,))[-1] == "03-24 08:00 ana left consent to offers: pending"


def test_who_comes_again_begins_again_after_the_cooldown() -> None:
    again = [happens("contact.joined", after=each * DAY) for each in (0, 3, 12, 21)]
    began = [line for line in walked(*again) if "began" in line]
    assert began == ["03-24 08:00 ana began contact.joined", "04-14 08:00 ana began contact.joined"]


def test_events_that_come_twice_happen_once() -> None:
    order = happens("order.placed", after=DAY, total=60)
    assert walked(JOINED, JOINED, order, order) == walked(JOINED, order)


def test_a_paused_journey_holds_its_contacts() -> None:
    assert walked(JOINED, plans=Plans([plan()], paused=frozenset({"greeting"}))) == [
        "03-24 08:00 ana began contact.joined"
    ]


def test_an_event_of_somebody_unknown_does_nothing() -> None:
    assert walked(happens("contact.joined", to="k1.who")) == []


def test_a_simulation_ends_when_it_is_told() -> None:
    assert walked(JOINED, days=3) == walked(JOINED)[:2]


@pytest.mark.slow
def test_a_thousand_contacts_are_walked_the_same_each_time() -> None:
    contacts = tuple(replace(ANA, address_key=f"k1.{number}") for number in range(1000))
    events = [happens("contact.joined", to=each.address_key) for each in contacts]
    once = walked(*events, contacts=contacts)
    assert once == walked(*events, contacts=contacts)
    assert len([line for line in once if " mail " in line]) == 2000
