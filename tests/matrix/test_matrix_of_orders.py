"""Two and three deliveries of one message at once: in whatever order their calls fall, it leaves once.

Each delivery is a function in a process of its own that stops before each of its calls. Every order of two
is tried; of three, and of longer ones, those with a bounded number of switches. A task of its own lets time
pass, so that a function may wake with its lease gone.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.matrix.gates import (
    REQUEST,
    FaultOn,
    Gate,
    Phase,
    answer_lost,
    dies_after,
    dies_before,
    plain,
    request_lost,
    throttled,
)
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import ONE
from tests.matrix.ses_stand_in import BULK_ALONE, OLDEST_SIGNATURE
from tests.matrix.turns import Chooser, Turns, every_order
from tests.matrix.whole import SEND, Whole
from tests.sending_world import SETTINGS

pytestmark = pytest.mark.slow

LEASE_AND_MORE = timedelta(seconds=SETTINGS.lease_seconds + 1)
TOO_OLD = OLDEST_SIGNATURE + timedelta(seconds=1)
FAULTS: dict[str, Phase | None] = {
    "none": None,
    "answer lost": answer_lost,
    "request lost": request_lost,
    "dies before": dies_before,
    "dies after": dies_after,
    "throttled": throttled,
}


def spoiled(phase: Phase | None) -> Gate:
    return plain if phase is None else FaultOn(REQUEST, phase)


def deliver_together(
    chooser: Chooser,
    seen: set[str],
    *,
    deliveries: int,
    fault: Phase | None,
    copies: bool,
    jump: timedelta | None = None,
    stale_receipts_delete: bool = False,
) -> None:
    """Let several functions handle one message in the order that is chosen, and then all that follows.

    Where orders lead to the same state, what follows is the same, and is run once: `seen` holds the states.
    """
    whole = Whole()
    whole.ses.fate = lambda _: BULK_ALONE
    whole.queue.stale_receipts_delete = stale_receipts_delete
    whole.enqueue(ONE[0], copies=deliveries if copies else 1)
    records = whole.queue.receive()
    handed = [[record] for record in records]
    while len(handed) < deliveries:
        handed.append(whole.queue.receive_again(handed[-1]))
    turns = Turns(chooser)
    tasks: dict[str, Callable[[], object]] = {}
    for number, mine in enumerate(handed):
        gate = turns.gate(spoiled(fault if number == 0 else None))
        tasks[f"{SEND} {number}"] = partial(whole.send, mine, process=whole.new_sender(gate))
    if jump is not None:
        tasks["time"] = partial(turns.gate(), "time", partial(_jump, whole, jump))
    turns.run(tasks)
    if (state := whole.state()) in seen:
        return
    seen.add(state)
    whole.run()
    check_all(whole)
    assert place_of(whole, "m-1").where == "delivered", whole.story()


def all_orders(*, most_switches: int | None = None, **case: Any) -> int:  # noqa: ANN401  of the case
    seen: set[str] = set()
    return every_order(lambda chooser: deliver_together(chooser, seen, **case), most_switches=most_switches)


def _jump(whole: Whole, jump: timedelta) -> None:
    whole.clock.at += jump


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("copies", [True, False], ids=["two copies", "one copy twice"])
def test_two_deliveries_in_every_order(fault: str, *, copies: bool) -> None:
    assert all_orders(deliveries=2, fault=FAULTS[fault], copies=copies) > 100


@pytest.mark.parametrize("fault", FAULTS)
def test_a_receipt_that_is_not_the_latest_may_delete_the_copy(fault: str) -> None:
    assert all_orders(deliveries=2, fault=FAULTS[fault], copies=False, stale_receipts_delete=True) > 100


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("jump", [LEASE_AND_MORE, TOO_OLD], ids=["a lease", "a signature"])
def test_two_deliveries_while_time_runs_out(jump: timedelta, fault: str) -> None:
    assert all_orders(most_switches=3, deliveries=2, fault=FAULTS[fault], copies=True, jump=jump) > 100


@pytest.mark.parametrize("fault", FAULTS)
def test_three_deliveries(fault: str) -> None:
    assert all_orders(most_switches=2, deliveries=3, fault=FAULTS[fault], copies=True) > 100
