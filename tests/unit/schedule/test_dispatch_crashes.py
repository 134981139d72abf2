"""Each call of a run spoiled in turn: nothing is lost, and a second copy is the worst that happens."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest

from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.schedule.pointer import minute_of
from tests.crash_world import Call, DiedError, Fault, FaultyGate, Gate, Turns, dies_after, dies_before, plain
from tests.dispatch_world import NOW, STREAM, DispatchWorld, minutes, point

MESSAGES = [f"m-{number:02}" for number in range(24)]
LOST = "lost"


def refuses(_: str, __: Call) -> object:
    raise TransientError


def refuses_after(_: str, call: Call) -> object:
    call()
    raise TransientError


FAULTS = [dies_before, dies_after, refuses, refuses_after]


def waiting() -> DispatchWorld:
    """Return a world with 24 messages due over three minutes, and one whose body is gone."""
    world = DispatchWorld()
    world.run(NOW - minutes(10))
    for number, message_id in enumerate(MESSAGES):
        world.wait(point(message_id, due=NOW - minutes(2) + timedelta(seconds=5 * number)))
    lost = world.wait(point(LOST, due=NOW - minutes(1)))
    world.bodies.delete(LOST, lost.fingerprint)
    return world


def attempt(world: DispatchWorld, gate: Gate) -> bool:
    """Run once, and say whether the run came to its end."""
    try:
        world.run(gate=gate)
    except (DiedError, TransientError):
        return False
    return True


def run_until_quiet(world: DispatchWorld) -> None:
    for _ in range(3):
        world.run()
    assert len(world.schedule) == 0


def calls_of_a_whole_run() -> list[str]:
    gate = FaultyGate({})
    assert attempt(waiting(), gate)
    return gate.names


def check(world: DispatchWorld, copies: Callable[[int], bool]) -> None:
    counted = Counter(world.queued())
    assert set(counted) == set(MESSAGES), "a message was lost"
    assert all(copies(count) for count in counted.values())
    row = world.ledger.get(LOST)
    assert row is not None
    assert (row.status, row.reason) == (Status.HELD, "body_lost")
    assert world.schedule.cursor(STREAM) == minute_of(NOW)


def test_the_calls_of_a_run_are_these() -> None:
    names = Counter(calls_of_a_whole_run())
    assert names == {
        "schedule.cursor": 1,
        "schedule.marks": 1,
        "queue.depth": 1,
        "schedule.due": 3,
        "bodies.get_many": 3,
        "queue.send": 4,
        "ledger.get": 1,
        "ledger.replace": 1,
        "schedule.remove": 3,
        "schedule.move_cursor": 1,
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(len(calls_of_a_whole_run())))
def test_a_run_spoiled_anywhere_loses_nothing(place: int, fault: Fault) -> None:
    world = waiting()
    attempt(world, FaultyGate({place: fault}))
    for message_id in MESSAGES:
        assert message_id in world.schedule or message_id in world.queued()
    run_until_quiet(world)
    check(world, lambda count: count <= 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_runs_that_are_all_spoiled_somewhere_lose_nothing(fault: Fault) -> None:
    world = waiting()
    for place in range(len(calls_of_a_whole_run())):
        attempt(world, FaultyGate({place: fault}))
    run_until_quiet(world)
    check(world, lambda count: count >= 1)


def test_a_run_that_is_not_spoiled_hands_out_each_message_once() -> None:
    world = waiting()
    run_until_quiet(world)
    check(world, lambda count: count == 1)
    assert world.errors == []


@pytest.mark.parametrize("first", range(18))
@pytest.mark.parametrize("second", [0, 3, 5, 7, 12])
def test_two_runs_at_once_lose_nothing(first: int, second: int) -> None:
    world = waiting()
    turns = Turns(first, second)

    def work(who: str) -> None:
        def one_run() -> None:
            world.run(gate=turns.gate(who, plain))

        turns.run(who, one_run)

    threads = [Thread(target=work, args=(who,)) for who in "AB"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(world, lambda count: count <= 2)
    run_until_quiet(world)
    check(world, lambda count: count <= 2)
