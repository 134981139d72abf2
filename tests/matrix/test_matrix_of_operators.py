"""An operator's machine may die, and his calls may go wrong, at each of them; then he repeats the command."""

from collections.abc import Callable
from typing import Any

import pytest

from postroad.contract.words import Status
from tests.matrix.gates import PHASES, REQUEST, FaultAt, FaultOn, Phase, answer_lost, request_lost
from tests.matrix.operators import cancel, drop, redrive
from tests.matrix.proofs import check_all, check_nothing_lost, place_of, surplus
from tests.matrix.scenarios import FILE, HOLDS, IN_TEN_MINUTES, ONE, PoisonedRenderer
from tests.matrix.ses_stand_in import NEVER, USUAL
from tests.matrix.whole import MINUTE, SEND, Whole
from tests.sending_world import make_message

pytestmark = pytest.mark.slow

DESPITE: dict[str, Any] = {"despite_unknown_outcome": True}


def held(first: Phase) -> Whole:
    whole = Whole(settings=HOLDS)
    whole.ses.fate = lambda _: NEVER
    whole.gates[SEND] = FaultOn(REQUEST, first)
    whole.enqueue(ONE[0])
    whole.run()
    whole.ses.fate = lambda _: USUAL
    return whole


def without_attachment() -> Whole:
    whole = Whole()
    whole.enqueue(make_message("m-1", attachments=[FILE]))
    whole.run()
    whole.stores.attachments.objects["invoices/a"] = b"file"
    return whole


def not_allowed() -> Whole:
    whole = Whole(settings={"allow": ("nobody",)})
    whole.enqueue(ONE[0])
    whole.run()
    whole.settings.clear()
    return whole


def poisoned() -> Whole:
    whole = Whole(renderer=PoisonedRenderer(ZeroDivisionError("poison")))
    whole.enqueue(make_message("m-1", data={"word": "poison"}))
    whole.run()
    whole.renderer = None
    return whole


BEGINNINGS: dict[str, tuple[Callable[[], Whole], dict[str, Any]]] = {
    "held, not sent": (lambda: held(request_lost), DESPITE),
    "without its attachment": (without_attachment, {}),
    "not allowed": (not_allowed, {}),
    "poison that was mended": (poisoned, {}),
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_fault_at_any_call_of_a_redrive(name: str, phase: str) -> None:
    begin, conditions = BEGINNINGS[name]
    start = begin()
    check_all(start)
    for place in range(50):
        whole = start.copy()
        gate = FaultAt(place, PHASES[phase])
        redrive(whole, gate, **conditions)
        whole.run()
        redrive(whole, **conditions)
        whole.run()
        check_all(whole)
        assert place_of(whole, "m-1").where == "delivered", whole.story()
        if not gate.struck:
            assert place > 3
            return
    raise AssertionError("a run of more calls than expected")


def test_a_redrive_in_spite_of_an_unknown_outcome_is_the_operator_s_risk() -> None:
    whole = held(answer_lost)
    assert redrive(whole) == 0
    whole.run()
    check_all(whole)
    assert redrive(whole, **DESPITE) == 1
    whole.run()
    check_nothing_lost(whole)
    assert surplus(whole) == 1


@pytest.mark.parametrize("phase", PHASES)
def test_a_fault_at_any_call_of_a_drop(phase: str) -> None:
    start = held(request_lost)
    for place in range(20):
        whole = start.copy()
        gate = FaultAt(place, PHASES[phase])
        drop(whole, "m-1", gate)
        drop(whole, "m-1")
        whole.run()
        check_all(whole)
        row = whole.row("m-1")
        assert row is not None
        assert row.status is Status.CANCELLED
        if not gate.struck:
            assert place > 1
            return
    raise AssertionError("a run of more calls than expected")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("later", [0, 9, 10, 11], ids=lambda minutes: f"{minutes} minutes later")
def test_a_fault_at_any_call_of_a_cancel(later: int, phase: str) -> None:
    def begin() -> Whole:
        whole = Whole()
        whole.enqueue(IN_TEN_MINUTES[0])
        whole.pass_time(later * MINUTE + MINUTE / 60)
        return whole

    start = begin()
    for place in range(20):
        whole = start.copy()
        gate = FaultAt(place, PHASES[phase])
        first = cancel(whole, "m-1", gate)
        whole.run()
        check_all(whole)
        end = place_of(whole, "m-1").where
        assert end == "cancelled" if first else end in ("cancelled", "delivered"), whole.story()
        if not gate.struck:
            assert place > 0
            return
    raise AssertionError("a run of more calls than expected")
