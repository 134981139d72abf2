from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.local.simulator.deployed import Deployed, EventDestination
from postroad.local.simulator.faults import EVENT_FAULTS, OUTAGES, Fault, FaultKind, FaultPath
from postroad.local.simulator.striking import Outcome

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

ANSWERS = {
    FaultKind.THROTTLE: (429, "TooManyRequestsException", 0),
    FaultKind.QUOTA: (429, "TooManyRequestsException", 0),
    FaultKind.PAUSED: (400, "SendingPausedException", 0),
    FaultKind.SUSPENDED: (400, "AccountSuspendedException", 0),
    FaultKind.SERVER_ERROR: (500, "InternalServerError", 0),
    FaultKind.LOST_REQUEST: (None, "", 0),
    FaultKind.SENT_SERVER_ERROR: (500, "InternalServerError", 1),
    FaultKind.LOST_ANSWER: (None, "", 1),
}


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - EVENT_FAULTS - OUTAGES))
def test_each_fault_of_the_answer_strikes_once(desk: "Desk", kind: FaultKind) -> None:
    desk.simulator.add_fault(Fault(kind, seconds=2))
    status, error, sent = ANSWERS[kind]
    struck = desk.send()
    assert (struck.reply.status if struck.reply else None) == status
    assert (struck.reply.error if struck.reply else "") == error
    assert desk.simulator.mailbag.accepted == sent
    assert desk.types(struck) == ["Send", "Delivery"] * sent
    assert struck.hang == timedelta(seconds=2 if struck.reply is None else 0)
    assert desk.error(desk.send()) == ""
    assert desk.simulator.faults.pending == []


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        (FaultKind.LOST_EVENTS, []),
        (FaultKind.DUPLICATE_EVENTS, ["Send", "Send", "Delivery", "Delivery"]),
        (FaultKind.REORDERED_EVENTS, ["Delivery", "Send"]),
        (FaultKind.LATE_EVENTS, ["Send", "Delivery"]),
    ],
)
def test_each_fault_of_the_events(desk: "Desk", kind: FaultKind, types: list[str]) -> None:
    desk.simulator.add_fault(Fault(kind, seconds=30))
    struck = desk.send()
    assert desk.error(struck) == ""
    assert desk.types(struck) == types
    late = timedelta(seconds=30 if kind is FaultKind.LATE_EVENTS else 0)
    assert {event.due for event in struck.events} <= {desk.now + late}
    assert desk.types(desk.send()) == ["Send", "Delivery"]


def test_faults_wait_count_and_choose_their_recipients(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.THROTTLE, times=2, skip=1, recipient="Ana+*@example.com"))
    sent = [desk.error(desk.send(to)) for to in ["ana+1@example.com", "bo@example.com"] * 4]
    throttled = "TooManyRequestsException"
    assert sent == ["", "", throttled, "", throttled, "", "", ""]


def test_a_fault_without_end_lasts_until_cleared(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.PAUSED, times=None))
    assert {desk.error(desk.send()) for _ in range(5)} == {"SendingPausedException"}
    desk.simulator.clear_faults()
    assert desk.error(desk.send()) == ""


def test_faults_of_answer_and_events_strike_together(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.LOST_ANSWER))
    desk.simulator.add_fault(Fault(FaultKind.DUPLICATE_EVENTS))
    desk.simulator.add_fault(Fault(FaultKind.REORDERED_EVENTS))
    struck = desk.send()
    assert struck.reply is None
    assert desk.types(struck) == ["Delivery", "Delivery", "Send", "Send"]


BULK = "arn:aws:firehose:us-east-1:000000000000:deliverystream/events"


def with_both_paths(desk: "Desk") -> None:
    (chosen,) = desk.simulator.deployed.configuration_sets.values()
    (fast,) = chosen.destinations
    bulk = EventDestination("bulk", BULK, fast.event_types)
    both = Deployed.of(["shop.example"], [replace(chosen, destinations=(fast, bulk))])
    desk.simulator.deployed = both


def told(desk: "Desk", outcome: Outcome) -> dict[str, list[str]]:
    """Which events go to each destination, in the order in which they are due."""
    ordered = sorted(outcome.events, key=lambda event: event.due)
    return {
        each: [event.type.value for event in ordered if each in event.destinations]
        for each in (desk.topic, BULK)
    }


@pytest.mark.parametrize(
    ("kind", "spoilt"),
    [
        (FaultKind.LOST_EVENTS, []),
        (FaultKind.DUPLICATE_EVENTS, ["Send", "Send", "Delivery", "Delivery"]),
        (FaultKind.REORDERED_EVENTS, ["Delivery", "Send"]),
    ],
)
@pytest.mark.parametrize("path", FaultPath)
def test_a_fault_of_the_events_is_on_the_path_that_it_names(
    desk: "Desk", kind: FaultKind, spoilt: list[str], path: FaultPath
) -> None:
    with_both_paths(desk)
    desk.simulator.add_fault(Fault(kind, path=path))
    seen = told(desk, desk.send())
    whole = ["Send", "Delivery"]
    assert seen[desk.topic] == (whole if path is FaultPath.BULK else spoilt)
    assert seen[BULK] == (whole if path is FaultPath.FAST else spoilt)
    assert told(desk, desk.send()) == {desk.topic: whole, BULK: whole}


def test_one_path_may_be_late_while_the_other_is_not(desk: "Desk") -> None:
    with_both_paths(desk)
    desk.simulator.add_fault(Fault(FaultKind.LATE_EVENTS, seconds=30, path=FaultPath.BULK))
    late = {(event.destinations, event.due - desk.now) for event in desk.send().events}
    assert late == {((desk.topic,), timedelta()), ((BULK,), timedelta(seconds=30))}


@pytest.mark.parametrize(("kind", "status"), [(FaultKind.OUTAGE, 503), (FaultKind.OUTAGE_DROPPED, None)])
def test_an_outage_lasts_its_seconds_and_takes_nothing(
    desk: "Desk", kind: FaultKind, status: int | None
) -> None:
    desk.simulator.add_fault(Fault(kind, seconds=60), now=desk.now)
    for seconds in (0, 30, 59):
        struck = desk.send(now=desk.now + timedelta(seconds=seconds))
        assert (struck.reply.status if struck.reply else None) == status
    assert desk.simulator.turned_away(now=desk.now + timedelta(seconds=59)) is not None
    assert desk.simulator.mailbag.accepted == 0
    assert sum(desk.simulator.refused.values()) == 4

    after = desk.now + timedelta(seconds=60)
    assert desk.simulator.turned_away(now=after) is None
    assert desk.simulator.faults.pending == []
    assert desk.error(desk.send(now=after)) == ""


def test_an_outage_without_a_beginning_begins_with_the_first_request(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.OUTAGE, seconds=60))
    later = desk.now + timedelta(hours=1)
    assert desk.error(desk.send(now=later)) == "ServiceUnavailableException"
    assert desk.error(desk.send(now=later + timedelta(seconds=60))) == ""


def test_an_outage_may_choose_recipients_and_lets_other_calls_pass(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.OUTAGE, seconds=60, recipient="ana*"), now=desk.now)
    assert desk.error(desk.send("ana@example.com")) == "ServiceUnavailableException"
    assert desk.error(desk.send("bo@example.com")) == ""
    assert desk.simulator.turned_away(now=desk.now) is None


def test_other_faults_wait_for_the_end_of_an_outage(desk: "Desk") -> None:
    desk.simulator.add_fault(Fault(FaultKind.THROTTLE))
    desk.simulator.add_fault(Fault(FaultKind.OUTAGE, seconds=60), now=desk.now)
    assert desk.error(desk.send()) == "ServiceUnavailableException"
    assert desk.error(desk.send(now=desk.now + timedelta(seconds=61))) == "TooManyRequestsException"
