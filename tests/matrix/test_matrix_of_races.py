"""Who decides about a message that waits: evidence, its pointer's copies, dispatch twice, or an operator.

Each race is run in every order of calls, or with a bounded number of switches where there are many.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from postroad.contract.words import Status
from postroad.records import Record
from tests.matrix.gates import REQUEST, FaultOn, Gate, Phase, answer_lost, dies_after, plain, request_lost
from tests.matrix.operators import cancel
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import IN_TEN_MINUTES, ONE
from tests.matrix.ses_stand_in import BULK_ALONE
from tests.matrix.turns import Chooser, Turns, every_order
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole

pytestmark = pytest.mark.slow

Tasks = dict[str, Callable[[], object]]


def unproven(first: Phase) -> Whole:
    """Return a run whose message awaits evidence that lies in an object which nobody has applied."""
    whole = Whole()
    whole.ses.fate = lambda _: BULK_ALONE
    whole.gates[SEND] = FaultOn(REQUEST, first)
    whole.enqueue(ONE[0])
    whole.pass_time(10 * timedelta(seconds=1))
    whole.down.add(FEEDBACK)
    whole.bucket.stuck = True
    whole.pass_time(12 * MINUTE)
    whole.bucket.stuck = False
    whole.pass_time(MINUTE / 60)
    return whole


def with_copy_in_hand(whole: Whole) -> list[Record]:
    """Go on until dispatch has put the message on the queue, and receive it."""
    whole.down.add(SEND)
    for _ in range(20):
        if records := whole.queue.receive():
            return records
        whole.pass_time(MINUTE / 2)
    raise AssertionError(f"dispatch brings nothing\n{whole.story()}")


def race(
    begin: Callable[[], Whole],
    tasks_of: Callable[[Whole, Gate], Tasks],
    *,
    ends: frozenset[str],
    most_switches: int | None = None,
) -> tuple[int, set[str]]:
    """Run the race in all orders; return how many there were, and where the message came to be seen."""
    start = begin()
    seen: set[str] = set()
    found: set[str] = set()

    def case(chooser: Chooser) -> None:
        whole = start.copy()
        turns = Turns(chooser)
        tasks = tasks_of(whole, turns.gate())
        turns.run(tasks)
        if (state := whole.state()) in seen:
            return
        seen.add(state)
        whole.down.clear()
        whole.run()
        check_all(whole)
        place = place_of(whole, "m-1").where
        assert place in ends, f"in {place}, not delivered\n{whole.story()}"
        found.add(place)

    return every_order(case, most_switches=most_switches), found


DELIVERED = frozenset({"delivered"})


@pytest.mark.parametrize("first", [answer_lost, request_lost, dies_after])
def test_evidence_is_applied_while_its_pointer_s_copy_is_judged(first: Phase) -> None:
    def tasks(whole: Whole, gate: Gate) -> Tasks:
        records = with_copy_in_hand(whole)
        sender = whole.new_sender(gate)
        return {
            SEND: lambda: whole.send(records, process=sender),
            FEEDBACK: lambda: whole.feed(whole.notices, gate=gate),
        }

    orders, _ = race(lambda: unproven(first), tasks, ends=DELIVERED, most_switches=2)
    assert orders > 100


@pytest.mark.parametrize("second", [plain, FaultOn(REQUEST, answer_lost), FaultOn(REQUEST, request_lost)])
def test_two_copies_of_one_pointer_when_silence_is_proven(second: Gate) -> None:
    fault = second.phase if isinstance(second, FaultOn) else None

    def begin() -> Whole:
        whole = unproven(request_lost)
        whole.down.clear()
        whole.down.add(SEND)
        whole.run(whole.clock.now() + 3 * MINUTE)
        return whole

    def tasks(whole: Whole, gate: Gate) -> Tasks:
        (first,) = with_copy_in_hand(whole)
        whole.queue.send(first.body, first_sent=first.first_sent, generation=first.generation)
        copies = [first, *whole.queue.receive()]
        spoiled = gate if fault is None else FaultOn(REQUEST, fault, inner=gate)
        gates = [spoiled, gate]
        senders = [whole.new_sender(each) for each in gates]
        return {
            f"{SEND} {number}": partial(whole.send, [copy], process=sender)
            for number, (copy, sender) in enumerate(zip(copies, senders, strict=True))
        }

    orders, _ = race(begin, tasks, ends=DELIVERED, most_switches=3)
    assert orders > 100


def scheduled() -> Whole:
    whole = Whole()
    whole.enqueue(IN_TEN_MINUTES[0])
    whole.pass_time(9 * MINUTE)
    return whole


@pytest.mark.parametrize("copies", [1, 2])
def test_a_cancel_races_a_copy_that_dispatch_has_popped(copies: int) -> None:
    sure: list[bool] = []

    def tasks(whole: Whole, gate: Gate) -> Tasks:
        records = with_copy_in_hand(whole)
        whole.pass_time(MINUTE)
        if copies == 2:
            first = records[0]
            whole.queue.send(first.body, first_sent=first.first_sent, generation=first.generation)
            records += whole.queue.receive()

        def operator() -> None:
            sure[:] = [cancel(whole, "m-1", gate)]
            if sure[0]:
                assert whole.row("m-1") is not None
                assert whole.ses.accepted()["m-1"] == 0, f"twice decided\n{whole.story()}"

        senders = [whole.new_sender(gate) for _ in records]
        return {"operator": operator} | {
            f"{SEND} {number}": partial(whole.send, [record], process=sender)
            for number, (record, sender) in enumerate(zip(records, senders, strict=True))
        }

    orders, found = race(
        scheduled, tasks, ends=frozenset({"delivered", "cancelled"}), most_switches=None if copies == 1 else 2
    )
    assert orders > 20
    assert found == {"delivered", "cancelled"}


@pytest.mark.parametrize("begin", [scheduled, partial(unproven, request_lost)], ids=["time", "evidence"])
def test_two_runs_of_dispatch_at_once(begin: Callable[[], Whole]) -> None:
    def begun() -> Whole:
        whole = begin()
        whole.down = {SEND, DISPATCH}
        whole.pass_time(4 * MINUTE)
        return whole

    def tasks(whole: Whole, gate: Gate) -> Tasks:
        return {f"{DISPATCH} {number}": partial(whole.dispatch, gate=gate) for number in range(2)}

    orders, _ = race(begun, tasks, ends=DELIVERED, most_switches=2)
    assert orders > 100


@pytest.mark.parametrize("first", [answer_lost, request_lost])
def test_dispatch_sends_a_copy_while_its_message_is_settled_or_scheduled_again(first: Phase) -> None:
    def begun() -> Whole:
        whole = unproven(first)
        whole.down = {DISPATCH, FEEDBACK}
        whole.pass_time(4 * MINUTE)
        return whole

    def tasks(whole: Whole, gate: Gate) -> Tasks:
        return {
            DISPATCH: partial(whole.dispatch, gate=gate),
            FEEDBACK: lambda: whole.feed(whole.notices, gate=gate),
        }

    orders, _ = race(begun, tasks, ends=DELIVERED, most_switches=1)
    assert orders > 30


def test_a_cancelled_message_stays_cancelled_whatever_copies_come() -> None:
    whole = scheduled()
    assert cancel(whole, "m-1")
    whole.enqueue(IN_TEN_MINUTES[0], copies=2)
    whole.run()
    check_all(whole)
    row = whole.row("m-1")
    assert row is not None
    assert row.status is Status.CANCELLED
    assert whole.ses.accepted()["m-1"] == 0
