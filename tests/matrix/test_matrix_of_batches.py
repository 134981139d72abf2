"""Messages that are claimed, sent and marked together: whatever becomes of each row, nothing leaves twice.

Each call that writes many rows is spoiled in turn, in each way: any of its rows written, told of, or put off;
and the function dead of it or not.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import product

import pytest

from tests.matrix.batches import BATCHES, IDS, PLAIN, TOGETHER
from tests.matrix.bulk_gates import EVERY, EVERY_HALF, SOME, BulkAt, Fates, Mortal, RowFate
from tests.matrix.gates import PHASES, FaultAt, Gate, plain
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import Scenario
from tests.matrix.ses_stand_in import BULK_ALONE
from tests.matrix.test_matrix_of_crashes import check
from tests.matrix.test_matrix_of_freezes import FREEZES, FreezeAt
from tests.matrix.turns import Chooser, Turns, every_order
from tests.matrix.whole import FEEDBACK, SEND, Whole

pytestmark = pytest.mark.slow

MOST_CALLS = 200
TRIED_WHOLLY = frozenset({"plain", "two copies of each", "one answer lost"})


def spoil_each_bulk_call(scenario: Scenario, function: str, fates: Fates, *, dies: bool) -> list[int]:
    """Spoil one call after another, each in a run of its own; return how many rows the calls had at last."""
    for place in range(MOST_CALLS):
        whole = scenario.make()
        gate = BulkAt(place, fates, dies, inner=whole.gates.get(function, plain))
        whole.gates[function] = Mortal(whole, gate)
        whole.run(most=scenario.lasts)
        check(whole, scenario)
        if not gate.struck:
            return gate.sizes
    raise AssertionError("a run that never ends")


@pytest.mark.parametrize("name", BATCHES)
def test_whatever_becomes_of_each_row(name: str) -> None:
    for fates in EVERY if name in TRIED_WHOLLY else SOME:
        sizes = spoil_each_bulk_call(BATCHES[name], SEND, fates, dies=False)
        assert len(sizes) > 1


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("name", sorted(TRIED_WHOLLY))
def test_two_calls_in_a_row_that_go_wrong(name: str, *, dies: bool) -> None:
    scenario = BATCHES[name]
    for first, second, place in product(SOME, SOME, range(2)):
        whole = scenario.make()
        later = BulkAt(place, second, dies, inner=whole.gates.get(SEND, plain))
        whole.gates[SEND] = Mortal(whole, BulkAt(place, first, inner=later))
        whole.run(most=scenario.lasts)
        check(whole, scenario)


@pytest.mark.parametrize("name", BATCHES)
def test_a_function_that_dies_with_any_part_of_the_rows_written(name: str) -> None:
    for fates in EVERY_HALF:
        sizes = spoil_each_bulk_call(BATCHES[name], SEND, fates, dies=True)
        assert len(sizes) > 1


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", BATCHES)
def test_a_fault_at_any_call_of_a_batch(name: str, phase: str) -> None:
    scenario = BATCHES[name]
    for place in range(MOST_CALLS):
        whole = scenario.make()
        gate = FaultAt(place, PHASES[phase], inner=whole.gates.get(SEND, plain))
        whole.gates[SEND] = Mortal(whole, gate)
        whole.run(most=scenario.lasts)
        check(whole, scenario)
        if not gate.struck:
            assert place > 5
            return
    raise AssertionError("a run that never ends")


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("name", ["plain", "one answer lost", "dies of one request"])
def test_whatever_becomes_of_the_rows_that_events_move(name: str, *, dies: bool) -> None:
    for fates in EVERY_HALF if dies else SOME:
        sizes = spoil_each_bulk_call(BATCHES[name], FEEDBACK, fates, dies=dies)
        assert max(sizes) == 3


def test_they_are_written_together() -> None:
    whole = PLAIN.make()
    gate = BulkAt(MOST_CALLS, EVERY[0])
    whole.gates[SEND] = gate
    whole.run()
    assert gate.sizes == [3, 3]


@pytest.mark.parametrize("loses_answer", [False, True], ids=["answer", "no answer"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("time", FREEZES, ids=str)
def test_a_batch_that_freezes_at_any_call(time: timedelta, *, after: bool, loses_answer: bool) -> None:
    """Those before the call have left, those after it may be taken over by somebody else meanwhile."""
    for place in range(MOST_CALLS):
        whole = Whole(settings=dict(TOGETHER), can_freeze=True)
        gate = FreezeAt(whole, place, time, after, loses_answer)
        whole.gates[SEND] = gate
        for message in PLAIN.messages:
            whole.enqueue(message)
        whole.run()
        check(whole, PLAIN)
        if len(gate.names) <= place:
            assert place > 5
            return
    raise AssertionError("a run that never ends")


# Two functions at once.

SPOILED: dict[str, Callable[[], Gate]] = {
    "none": lambda: plain,
    "claims half told": lambda: BulkAt(0, (RowFate.TOLD, RowFate.UNTOLD)),
    "claims half written": lambda: BulkAt(0, (RowFate.LEFT, RowFate.TOLD)),
    "dies of half the claims": lambda: BulkAt(0, (RowFate.LEFT, RowFate.TOLD), dies=True),
    "marks half told": lambda: BulkAt(1, (RowFate.UNTOLD, RowFate.TOLD)),
    "marks half written": lambda: BulkAt(1, (RowFate.TOLD, RowFate.LEFT)),
    "dies of half the marks": lambda: BulkAt(1, (RowFate.TOLD, RowFate.LEFT), dies=True),
}


def deliver_crosswise(chooser: Chooser, seen: set[str], spoil: Callable[[], Gate]) -> None:
    """Let one function handle the first two messages and another one the last two, in the order chosen."""
    whole = Whole(settings=dict(TOGETHER))
    whole.ses.fate = lambda _: BULK_ALONE
    for message in PLAIN.messages:
        whole.enqueue(message)
    first = whole.queue.receive(2)
    second = whole.queue.receive_again(first[1:])  # and what nobody has in hand yet
    assert [len(first), len(second)] == [2, 2]
    turns = Turns(chooser)
    spoiled, usual = turns.gate(Mortal(whole, spoil())), turns.gate()
    turns.run(
        {
            "first": partial(whole.send, first, process=whole.new_sender(spoiled)),
            "second": partial(whole.send, second, process=whole.new_sender(usual)),
        }
    )
    if (state := whole.state()) in seen:
        return
    seen.add(state)
    whole.run()
    check_all(whole)
    for message_id in IDS:
        assert place_of(whole, message_id).where == "delivered", whole.story()


@pytest.mark.parametrize("fault", SPOILED)
def test_two_functions_with_one_message_in_common(fault: str) -> None:
    seen: set[str] = set()
    orders = every_order(lambda chooser: deliver_crosswise(chooser, seen, SPOILED[fault]), most_switches=3)
    assert orders > 50
