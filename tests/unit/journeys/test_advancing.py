from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from postroad.activity.event import Event
from postroad.journeys.advancing import Advance, View, advance
from postroad.journeys.effects import Attributes, Mail, Notice
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.plan import (
    Branch,
    Choice,
    End,
    EventTrigger,
    Exit,
    Hours,
    Notify,
    Plan,
    Send,
    Set,
    Split,
    Wait,
    WaitFor,
    Way,
    read_plans,
    write_plans,
)

if TYPE_CHECKING:
    from postroad.journeys.plan import AnyStep

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OFFICE = Hours(days=(((9 * 60, 17 * 60),),) * 5 + ((), ()))
SEEN = View(zone=UTC_ZONE, contact={"name": "Ana", "orders": 2})


def plan(*steps: AnyStep, hours: Hours = Hours(), ends: tuple[End, ...] = ()) -> Plan:  # noqa: B008 - it never changes
    return Plan(
        name="welcome", version=1, stream="marketing", trigger=EventTrigger(event="joined"),
        steps=steps, hours=hours, ends=ends,
    )  # fmt: skip


def enrolled(of: Plan, *, began: datetime = MONDAY, address_key: str = "k1.ana") -> Enrolment:
    return Enrolment(
        address_key=address_key, journey=of.name, version=of.version, key="", entry=1, began=began,
        step=of.first, since=began, due=began, trigger=Event("joined", began, "e1", {"from": "shop"}),
    )  # fmt: skip


def walked(
    of: Plan, view: View = SEEN, *, days: int = 30, began: datetime = MONDAY
) -> list[tuple[datetime, Any]]:
    """Walk whenever something is due; return what was done, and how it ended, each with its time."""
    enrolment, done = enrolled(of, began=began), []
    now = began
    while not enrolment.is_over:
        assert enrolment.due is not None
        now = max(now, enrolment.due)
        if now > began + timedelta(days=days):
            break
        step = advance(of, enrolment, view, now=now)
        done += [(now, effect) for effect in step.effects]
        assert step.enrolment != enrolment, "it was due, and stayed where it was"
        enrolment = step.enrolment
    return [*done, (now, (enrolment.ended, enrolment.reason))]


HELLO, TIPS = Send(id="hello", template="hello", next="pause"), Send(id="tips", template="tips")
SERIES = plan(HELLO, Wait(id="pause", seconds=2 * 86_400, next="tips"), TIPS)


def test_a_series_sends_waits_and_finishes() -> None:
    first, second, end = walked(SERIES)
    assert (first[0], first[1].template) == (MONDAY, "hello")
    assert (second[0], second[1].template) == (MONDAY + 2 * DAY, "tips")
    assert end == (MONDAY + 2 * DAY, (Ended.FINISHED, ""))
    assert first[1].message_id != second[1].message_id


def test_a_plan_is_the_same_after_it_was_written() -> None:
    assert read_plans(write_plans([SERIES])) == [SERIES]


def test_the_same_step_gives_the_same_message_whenever_it_is_taken_again() -> None:
    enrolment = enrolled(SERIES)
    once = advance(SERIES, enrolment, SEEN, now=MONDAY)
    again = advance(SERIES, enrolment, SEEN, now=MONDAY + HOUR)
    assert [effect.message_id for effect in once.effects if isinstance(effect, Mail)] == [
        effect.message_id for effect in again.effects if isinstance(effect, Mail)
    ]


def test_other_contacts_keys_and_entries_have_other_messages() -> None:
    one = enrolled(SERIES)
    others = [replace(one, address_key="k1.bo"), replace(one, key="cart-1"), replace(one, entry=2)]
    assert len({each.message_id("hello") for each in [one, *others]}) == 4
    assert one.message_id("hello") == replace(one, version=2).message_id("hello")


def test_what_is_not_due_stays() -> None:
    waiting = advance(SERIES, enrolled(SERIES), SEEN, now=MONDAY).enrolment
    assert waiting.due == MONDAY + 2 * DAY
    assert advance(SERIES, waiting, SEEN, now=MONDAY + DAY) == Advance(waiting)


def test_what_is_over_stays_over() -> None:
    over = replace(enrolled(SERIES), ended=Ended.GOAL, due=None)
    assert advance(SERIES, over, SEEN, now=MONDAY) == Advance(over)


def test_mail_waits_for_its_hour_on_the_contacts_own_clock() -> None:
    office = plan(replace_next(HELLO), hours=OFFICE)
    friday_evening = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
    view = replace(SEEN, zone=BERLIN)
    (sent, mail), end = walked(office, view, began=friday_evening)
    assert sent == datetime(2026, 11, 30, 8, tzinfo=UTC)  # Monday, nine in Berlin
    assert isinstance(mail, Mail)
    assert end[1] == (Ended.FINISHED, "")


def test_an_hour_that_was_missed_is_waited_for_again() -> None:
    office = plan(replace_next(HELLO), hours=OFFICE)
    early = MONDAY - 2 * HOUR
    waiting = advance(office, enrolled(office, began=early), SEEN, now=early).enrolment
    assert waiting.due == MONDAY + HOUR
    late = advance(office, waiting, SEEN, now=MONDAY + 12 * HOUR)
    assert late.effects == ()
    assert late.enrolment.due == MONDAY + DAY + HOUR


def test_a_spread_is_waited_for_once() -> None:
    spread = plan(replace_next(HELLO), hours=Hours(spread_seconds=3600))
    (sent, mail), _ = walked(spread)
    assert MONDAY < sent <= MONDAY + HOUR
    assert isinstance(mail, Mail)


def test_what_is_too_late_is_left_out() -> None:
    late = plan(Send(id="hello", template="hello", too_late_seconds=3600, next="tips"), TIPS, hours=OFFICE)
    done = walked(late, began=MONDAY - 8 * HOUR)
    assert [each.template for _, each in done if isinstance(each, Mail)] == ["tips"]


def test_a_holiday_is_no_day_for_mail_unless_the_journey_says_so() -> None:
    view = replace(SEEN, is_holiday=lambda day: day == MONDAY.date())
    assert walked(plan(TIPS), view)[0][0] == datetime(2026, 11, 24, tzinfo=UTC)
    assert walked(plan(TIPS, hours=Hours(holidays=True)), view)[0][0] == MONDAY


@pytest.mark.parametrize(
    ("wait", "until"),
    [
        (Wait(id="pause", seconds=3600, next="tips"), "2026-11-23T09:00:00+00:00"),
        (Wait(id="pause", minute=9 * 60, next="tips"), "2026-11-24T09:00:00+01:00"),
        (Wait(id="pause", minute=10 * 60, next="tips"), "2026-11-23T10:00:00+01:00"),
        (Wait(id="pause", seconds=86_400, minute=10 * 60, next="tips"), "2026-11-24T10:00:00+01:00"),
        (Wait(id="pause", weekdays=(3,), minute=600, next="tips"), "2026-11-26T10:00:00+01:00"),
        (Wait(id="pause", weekdays=(0,), minute=480, next="tips"), "2026-11-30T08:00:00+01:00"),
        (Wait(id="pause", weekdays=(3, 4), next="tips"), "2026-11-26T00:00:00+01:00"),
        (Wait(id="pause", weekdays=(0,), next="tips"), "2026-11-23T09:00:00+01:00"),
    ],
)  # fmt: skip
def test_waits_end_on_the_contacts_own_clock(wait: Wait, until: str) -> None:
    began = MONDAY + timedelta(seconds=1) if wait.minute == 9 * 60 else MONDAY
    done = walked(plan(wait, TIPS), replace(SEEN, zone=BERLIN), began=began)
    assert done[0][0] == datetime.fromisoformat(until)


FORK = plan(
    WaitFor(id="answer", event="replied", when="event.properties.kind == 'yes'", at_most_seconds=86_400,
            next="thanks", otherwise="tips"),
    Send(id="thanks", template="thanks"), TIPS,
)  # fmt: skip


def test_an_event_that_is_waited_for_leads_on_at_once() -> None:
    waiting = advance(FORK, enrolled(FORK), SEEN, now=MONDAY)
    assert waiting.effects == ()
    view = replace(SEEN, events=(Event("replied", MONDAY + HOUR, "e2", {"kind": "yes"}),))
    done = advance(FORK, waiting.enrolment, view, now=MONDAY + HOUR)
    assert [each.template for each in done.effects if isinstance(each, Mail)] == ["thanks"]


@pytest.mark.parametrize(
    "events",
    [
        (),
        (Event("replied", MONDAY - HOUR, "e2", {"kind": "yes"}),),
        (Event("replied", MONDAY + HOUR, "e2", {"kind": "no"}),),
        (Event("replied", MONDAY + DAY + HOUR, "e2", {"kind": "yes"}),),
        (Event("visited", MONDAY + HOUR, "e2", {"kind": "yes"}),),
    ],
)
def test_without_it_in_time_the_other_way_is_gone(events: tuple[Event, ...]) -> None:
    done = walked(FORK, replace(SEEN, events=events))
    assert [(at, each.template) for at, each in done if isinstance(each, Mail)] == [(MONDAY + DAY, "tips")]


def test_a_branch_goes_the_first_way_that_holds() -> None:
    fork = plan(
        Branch(
            id="fork",
            choices=(
                Choice(condition="contact.orders > 5", next="thanks"),
                Choice(condition="steps.hello.opened or contact.name == 'Ana'", next="tips"),
                Choice(condition="true", next="thanks"),
            ),
        ),
        Send(id="thanks", template="thanks"),
        TIPS,
    )
    assert walked(fork)[0][1].template == "tips"
    assert walked(fork, View(zone=UTC_ZONE, contact={"orders": 9}))[0][1].template == "thanks"
    nobody = plan(Branch(id="fork", choices=(Choice(condition="false", next="tips"),)), TIPS)
    assert [each for _, each in walked(nobody)] == [(Ended.FINISHED, "")]


SPLIT = plan(
    Split(id="half", ways=(Way(name="a", weight=1, next="thanks"), Way(name="b", weight=3, next="tips"))),
    Send(id="thanks", template="thanks"), TIPS,
)  # fmt: skip


def test_a_split_is_by_weight_and_the_same_for_each_contact() -> None:
    def way(contact: int, entry: int) -> str:
        enrolment = replace(enrolled(SPLIT, address_key=f"k1.{contact}"), entry=entry)
        (mail,) = advance(SPLIT, enrolment, SEEN, now=MONDAY).effects
        assert isinstance(mail, Mail)
        return mail.template

    ways = [way(contact, 1) for contact in range(2000)]
    assert 430 < ways.count("thanks") < 570
    assert [way(contact, 2) for contact in range(100)] == ways[:100]


def test_attributes_and_notices_are_told_once_each() -> None:
    telling = plan(
        Set(id="mark", attributes={"greeted": "true", "by": "event.properties.from"}, next="tell"),
        Notify(id="tell", event="welcome.begun", properties={"orders": "contact.orders"}, next="done"),
        Exit(id="done", reason="told"),
    )
    enrolment = enrolled(telling)
    done = advance(telling, enrolment, SEEN, now=MONDAY)
    assert done.effects == (
        Attributes({"greeted": True, "by": "shop"}),
        Notice(f"{enrolment.enrolment_id}:tell", "welcome.begun", {"orders": 2}, MONDAY),
    )
    assert (done.enrolment.ended, done.enrolment.reason) == (Ended.EXIT, "told")
    assert done.enrolment.due is None
    assert done.enrolment.writes == enrolment.writes + 1


ORDERED = (End(event="order.placed", when="event.properties.total > 10"), End(event="moved", goal=False))


@pytest.mark.parametrize(
    ("event", "ended"),
    [
        (Event("order.placed", MONDAY + HOUR, "e2", {"total": 20}), Ended.GOAL),
        (Event("order.placed", MONDAY + HOUR, "e2", {"total": 5}), None),
        (Event("order.placed", MONDAY - HOUR, "e2", {"total": 20}), None),
        (Event("moved", MONDAY, "e2", {}), Ended.EXIT),
        (Event("joined", MONDAY, "e1", {}), None),
    ],
)
def test_an_event_ends_it_at_any_step(event: Event, ended: Ended | None) -> None:
    series = plan(*SERIES.steps, ends=ORDERED)
    waiting = advance(series, enrolled(series), SEEN, now=MONDAY).enrolment
    after = advance(series, waiting, replace(SEEN, events=(event,)), now=MONDAY + 2 * HOUR)
    assert after.enrolment.ended is ended
    assert after.effects == ()


def test_a_journey_that_its_own_event_could_end_goes_on_after_it_began() -> None:
    again = plan(*SERIES.steps, ends=(End(event="joined"),))
    view = replace(SEEN, events=(Event("joined", MONDAY, "e1", {}),))
    assert len(walked(again, view)) == 3


def test_who_may_not_be_mailed_leaves_the_journey() -> None:
    done = walked(SERIES, replace(SEEN, may_mail="they left the topic"))
    assert done == [(MONDAY, (Ended.LEFT, "they left the topic"))]


def test_a_condition_that_fails_ends_this_walk_and_says_where() -> None:
    broken = plan(Branch(id="fork", choices=(Choice(condition="contact.name > 1", next="tips"),)), TIPS)
    done = walked(broken)
    assert done == [(MONDAY, (Ended.FAULT, "fork: the expression failed: TypeError"))]


def test_what_was_done_before_a_fault_stays_done() -> None:
    broken = plan(HELLO, Wait(id="pause", next="tips"), Send(id="tips", template="t", data={"a": "1 / 0"}))
    done = walked(broken)
    assert isinstance(done[0][1], Mail)
    assert done[1][1][0] is Ended.FAULT


def test_a_step_that_the_version_lacks_ends_the_walk() -> None:
    lost = replace(enrolled(SERIES), step="gone")
    after = advance(SERIES, lost, SEEN, now=MONDAY).enrolment
    assert (after.ended, after.reason) == (Ended.FAULT, "version 1 has no step gone")


def test_an_outage_moves_nothing_but_what_was_due_in_it() -> None:
    series = plan(HELLO, Wait(id="pause", seconds=3600, next="second"),
                  Wait(id="second", seconds=3600, next="tips"), TIPS)  # fmt: skip
    waiting = advance(series, enrolled(series), SEEN, now=MONDAY).enrolment
    late = advance(series, waiting, SEEN, now=MONDAY + timedelta(minutes=90)).enrolment
    assert late.due == MONDAY + 2 * HOUR


def replace_next(step: Send) -> Send:
    """Return the step as the last one."""
    return Send(id=step.id, template=step.template)


def test_an_end_and_a_wait_tell_the_event_that_came_from_the_one_that_began_it() -> None:
    same = "event.properties.order == began.properties.order"
    wait = WaitFor(id="arrival", event="delivered", at_most_seconds=86_400, when=same, next="hello")
    of = plan(wait, Send(id="hello", template="hello"), ends=(End(event="returned", when=same),))
    walk = replace(enrolled(of), trigger=Event("joined", MONDAY, "e1", {"order": 7}))

    def after(name: str, order: int) -> Advance:
        came = Event(name, MONDAY + HOUR, "e2", {"order": order})
        return advance(of, walk, replace(SEEN, events=[came]), now=MONDAY + HOUR)

    assert after("delivered", 8).effects == after("returned", 8).effects == ()
    assert [type(effect) for effect in after("delivered", 7).effects] == [Mail]
    assert after("returned", 7).enrolment.ended is Ended.GOAL


def test_mail_leaves_where_both_the_journey_and_its_stream_allow_it() -> None:
    mornings = Hours(days=(((0, 10 * 60),),) * 7)
    of = plan(Send(id="hello", template="hello"), hours=OFFICE)
    # Monday 12:00 in Berlin: the stream's morning is over.
    began = MONDAY + 3 * HOUR
    (sent, mail), _ = walked(of, View(zone=BERLIN, hours=mornings), began=began)
    assert isinstance(mail, Mail)
    assert sent == MONDAY + DAY


@pytest.mark.parametrize(
    ("journey", "stream", "days"),
    [(True, True, 0), (True, False, 1), (False, True, 1), (False, False, 1)],
)
def test_mail_leaves_on_a_holiday_where_both_say_so(journey: bool, stream: bool, days: int) -> None:  # noqa: FBT001 - parameters
    view = View(zone=UTC_ZONE, is_holiday=lambda day: day == MONDAY.date(), hours=Hours(holidays=stream))
    of = plan(Send(id="hello", template="hello"), hours=Hours(holidays=journey))
    assert (walked(of, view)[0][0].date() - MONDAY.date()).days == days
