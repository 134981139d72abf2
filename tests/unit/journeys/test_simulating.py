from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.activity.event import Event
from postroad.activity.facts import How, Rule
from postroad.caps.deciding import caps_of
from postroad.contacts.model import ConsentStatus, Contact, TopicStanding
from postroad.contract.words import StreamKind
from postroad.journey_files.compiling import compile_journey
from postroad.journey_files.rules import World
from postroad.journeys.running import Plans
from postroad.journeys.seeing import Surroundings, zone_or
from postroad.journeys.simulated import CLICKED, ERASED, OPENED, SENT
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


BIRTHDAYS = """\
version: 1
description: Congratulates.
stream: marketing
topic: offers
trigger: {date: birthday, at: "09:00"}
entry: {rule: cooldown, after: 300 days}
steps:
  - {id: hello, send: hello}
  - set: {birthday: "'04-20'"}
"""


def test_dates_begin_journeys_on_the_contacts_own_clock() -> None:
    born = replace(ANA, attributes={"birthday": "03-29"})
    journey = plan(BIRTHDAYS, "birthdays")
    around = Surroundings({"marketing": StreamKind.MARKETING}, zone_of=zone_or(ZoneInfo("UTC")))
    simulation = Simulation(Plans([journey]), [born, BO], around=around)
    lines = simulation.run([], since=NOW, until=NOW + 400 * DAY)
    assert [f"{each.at:%Y-%m-%d %H:%M} {each.what}" for each in lines] == [
        "2026-03-29 07:00 began",
        "2026-03-29 07:00 mail",
        "2026-03-29 07:00 set",
        "2026-03-29 07:00 finished",
        # The journey moved the day; it is too soon then, and another year goes by.
        "2027-04-20 07:00 began",
        "2027-04-20 07:00 mail",
        "2027-04-20 07:00 set",
        "2027-04-20 07:00 finished",
    ]


CAPPED = """\
version: 1
description: Says more than anybody wants to hear.
stream: marketing
topic: offers
trigger: {event: contact.joined}
entry: {rule: always}
ends:
  - {event: order.placed}
steps:
  - {id: hello, send: hello}
  - {id: tips, send: tips}
  - {id: thanks, send: thanks, if_capped: drop}
  - wait: 3 days
"""


def capped(*events: tuple[str, Event], text: str = CAPPED) -> list[str]:
    around = Surroundings({"marketing": StreamKind.MARKETING}, zone_of=zone_or(ZoneInfo("UTC")))
    caps = {"marketing": caps_of({"per_day": 1})}
    simulation = Simulation(Plans([plan(text)]), [ANA], around=around, declared=DECLARED, caps=caps)
    lines = simulation.run(events, until=NOW + 10 * DAY)
    return [f"{each.at:%m-%d %H:%M} {each.what} {each.step}".rstrip() for each in lines if each.step]


def test_what_is_over_the_cap_waits_or_is_left_out_as_its_step_says() -> None:
    assert capped(JOINED) == [
        "03-24 08:00 mail hello",
        "03-24 08:00 waits tips",
        "03-24 08:00 capped thanks",
        "03-25 08:00 mail tips",
    ]


def test_a_slot_that_is_free_out_of_hours_is_left_to_the_next_hour() -> None:
    """The next is free on Saturday, before the hours of which there are none until Monday."""
    friday = timedelta(days=3)
    text = CAPPED.replace("ends:", 'hours: {weekdays: [monday, friday], from: "07:00", to: "17:00"}\nends:')
    joined = happens("contact.joined", after=friday)
    assert capped(joined, text=text) == [
        "03-27 08:00 mail hello",
        "03-27 08:00 waits tips",
        "03-27 08:00 capped thanks",
        "03-30 05:00 mail tips",
    ]
    late = text.replace("send: tips", "send: tips, too_late: 2 days")
    assert "03-27 08:00 capped tips" in capped(joined, text=late)


def test_other_mail_of_the_category_counts_too() -> None:
    other = happens(SENT, after=-timedelta(hours=12))
    assert capped(other, JOINED)[0] == "03-24 08:00 waits hello"


def test_a_mail_that_waits_is_called_off_where_its_walk_ends() -> None:
    order = happens("order.placed", after=timedelta(hours=5), total=5)
    assert capped(JOINED, order)[-1] == "03-25 08:00 cancelled tips"
    left = happens(UNSUBSCRIBED, after=timedelta(hours=5), topic="offers")
    assert capped(JOINED, left)[-1] == "03-25 08:00 cancelled tips"


def test_a_mail_ends_where_no_slot_is_free_before_its_deadline() -> None:
    text = CAPPED.replace("send: tips", "send: tips, too_late: 3 hours")
    assert "03-24 08:00 capped tips" in capped(JOINED, text=text)


ENGAGING = """\
version: 1
description: Asks who read it.
stream: marketing
topic: offers
trigger: {event: contact.joined}
steps:
  - {id: hello, send: hello}
  - wait: 1 day
  - branch:
      - {if: steps.hello.clicked, steps: [{id: thanks, send: thanks}]}
      - {if: steps.hello.opened, steps: [{id: tips, send: tips}]}
"""


@pytest.mark.parametrize(
    ("did", "mails"),
    [((), ["hello"]), ((OPENED,), ["hello", "tips"]), ((CLICKED, OPENED), ["hello", "thanks"])],
)
def test_what_people_do_with_a_mail_is_known_later(did: tuple[str, ...], mails: list[str]) -> None:
    engaged = [happens(name, after=timedelta(hours=1), step="hello") for name in did]
    lines = walked(JOINED, *engaged, plans=Plans([plan(ENGAGING)]))
    assert [line.rpartition(" ")[2] for line in lines if " mail " in line] == mails


def test_somebody_who_is_erased_gets_nothing_more() -> None:
    assert walked(JOINED, happens(ERASED, after=DAY), happens("contact.joined", after=2 * DAY)) == [
        "03-24 08:00 ana began contact.joined",
        "03-24 08:00 ana mail hello: hello",
    ]
