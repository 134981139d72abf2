from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.local.simulator.faults import EVENT_FAULTS, Fault, FaultKind

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


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in EVENT_FAULTS])
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
