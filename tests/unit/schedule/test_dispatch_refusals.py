"""What the stores and the queue do not take: it stays, it is held, and it keeps nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.contract.message import MAX_BODY_BYTES
from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import Row
from postroad.records import FIRST_SENT, GENERATION
from postroad.schedule.pointer import Pointer, minute_of
from postroad.schedule.ports import NotTaken
from postroad.schedule.sweeping import HELD_BACK, LEAD
from tests.crash_world import Call, Gate
from tests.dispatch_world import NOW, STREAM, DispatchWorld, minutes, point, scheduled

BUSY = NotTaken("InternalError", forever=False)


@pytest.fixture
def world() -> DispatchWorld:
    return DispatchWorld()


def failing(name: str) -> Gate:
    def gate(called: str, call: Call) -> object:
        if called == name:
            raise TransientError
        return call()

    return gate


def row_of(world: DispatchWorld, message_id: str) -> Row:
    row = world.ledger.get(message_id)
    assert row is not None
    return row


def forget_body(world: DispatchWorld, pointer: Pointer) -> Pointer:
    world.bodies.delete(pointer.message_id, pointer.fingerprint)
    return pointer


def test_what_the_queue_did_not_take_of_a_batch_stays_and_is_tried_again(world: DispatchWorld) -> None:
    for number in range(5):
        world.wait(point(f"m-{number}", due=NOW - minutes(1)))
    world.queue.refuses["m-2"] = BUSY
    sweep = world.run()
    assert (sweep.handed.taken, sweep.oldest_seconds) == (4, 60)
    assert [pointer.message_id for pointer in world.schedule.all()] == ["m-2"]
    assert world.schedule.cursor(STREAM) == minute_of(NOW) - minutes(2)
    world.queue.refuses.clear()
    world.run()
    assert world.queued() == ["m-0", "m-1", "m-3", "m-4", "m-2"]


def test_a_message_that_is_refused_again_and_again_keeps_nobody_else(world: DispatchWorld) -> None:
    world.wait(point("stuck", due=NOW))
    world.queue.refuses["stuck"] = BUSY
    for minute in range(1, 180):
        world.wait(point(f"m-{minute:03}", due=NOW + minutes(minute)))
        world.run(NOW + minutes(minute))
    assert world.queued() == [f"m-{minute:03}" for minute in range(1, 180)]
    (stuck,) = world.schedule.all()
    assert stuck.due == NOW
    assert NOW + minutes(179) - stuck.minute <= HELD_BACK + LEAD, "it is moved on, and so is the cursor"
    cursor = world.schedule.cursor(STREAM)
    assert cursor is not None
    assert NOW + minutes(179) - cursor <= HELD_BACK + LEAD
    world.queue.refuses.clear()
    world.run(NOW + minutes(180))
    assert world.queued()[-1] == "stuck"


def test_a_queue_that_takes_nothing_is_not_asked_for_ever(world: DispatchWorld) -> None:
    for number in range(3000):
        world.wait(point(f"m-{number:04}", due=NOW - minutes(number % 60)))
    names: list[str] = []

    def gate(name: str, call: Call) -> object:
        names.append(name)
        if name == "queue.send":
            raise TransientError
        return call()

    sweep = world.run(gate=gate)
    assert sweep.gave_up
    assert names.count("queue.send") < 30
    assert len(world.schedule) == 3000
    assert sweep.oldest_seconds == 59 * 60
    world.run()
    assert len(world.schedule) == 0


def test_a_queue_that_refuses_every_message_is_not_asked_for_ever(world: DispatchWorld) -> None:
    for number in range(3000):
        world.wait(point(f"m-{number:04}", due=NOW - minutes(number % 60)))
        world.queue.refuses[f"m-{number:04}"] = BUSY
    names: list[str] = []

    def gate(name: str, call: Call) -> object:
        names.append(name)
        return call()

    assert world.run(gate=gate).gave_up
    assert names.count("queue.send") < 60


@pytest.mark.parametrize("name", ["queue.depth", "schedule.due", "schedule.marks", "schedule.cursor"])
def test_what_can_not_be_asked_ends_the_run_and_changes_nothing(world: DispatchWorld, name: str) -> None:
    world.wait(point("m-1"))
    with pytest.raises(TransientError):
        world.run(gate=failing(name))
    assert len(world.schedule) == 1
    assert world.queued() == []


def test_a_body_that_can_not_be_read_keeps_no_other(world: DispatchWorld) -> None:
    for number in range(60):
        world.wait(point(f"m-{number:02}"))
    broken = {"m-07", "m-31"}
    inner = world.bodies.get_many

    def get_many(keys: list[tuple[str, str]]) -> object:
        if broken & {message_id for message_id, _ in keys}:
            raise TransientError
        return inner(keys)

    world.bodies.get_many = get_many  # type: ignore[method-assign,assignment]  # spoiled for some
    sweep = world.run()
    assert {pointer.message_id for pointer in sweep.handed.left} >= broken
    world.run()
    assert set(world.queued()) == {f"m-{number:02}" for number in range(60)} - broken
    assert {pointer.message_id for pointer in world.schedule.all()} == broken


@pytest.mark.parametrize(
    ("change", "held"),
    [
        (lambda row: row, True),
        (
            lambda row: replace(row, status=Status.CLAIMED, reason="unknown_outcome", owner="o", attempt=2),
            True,
        ),
        (lambda row: replace(row, generation=2), False),
        (lambda row: replace(row, status=Status.CANCELLED), False),
        (lambda row: replace(row, status=Status.SENT), False),
        (lambda row: replace(row, status=Status.HELD, reason="recipient_not_allowed"), False),
        (lambda row: replace(row, status=Status.CLAIMED, reason="", owner="o"), False),
    ],
    ids=["scheduled", "awaits evidence", "newer", "cancelled", "sent", "held already", "being sent"],
)
def test_a_lost_body_is_held_if_its_message_still_waits(
    world: DispatchWorld, change: Callable[[Row], Row], *, held: bool
) -> None:
    pointer = point("m-1")
    before = change(scheduled(pointer))
    world.ledger.insert(before)
    world.schedule.put(pointer)
    sweep = world.run()
    row = row_of(world, "m-1")
    if held:
        assert (row.status, row.reason, row.due, row.version) == (Status.HELD, Reason.BODY_LOST, None, 2)
        assert row.detail
        assert row.times["held"] == NOW
        assert row.owner == before.owner, "late evidence belongs to its attempt"
        assert ("may have been sent" in row.detail) == bool(before.owner)
        assert sweep.handed.held == {Reason.BODY_LOST: 1}
    else:
        assert row == before
        assert sweep.handed.dropped == 1
    assert len(world.schedule) == 0


def test_a_pointer_without_a_row_is_dropped(world: DispatchWorld) -> None:
    world.schedule.put(point("m-1"))
    assert world.run().handed.dropped == 1
    assert len(world.schedule) == 0


def test_a_body_that_the_queue_will_never_take_is_held(world: DispatchWorld) -> None:
    world.wait(point("m-1"))
    world.queue.refuses["m-1"] = NotTaken("InvalidMessageContents", forever=True)
    world.run()
    row = row_of(world, "m-1")
    assert (row.status, row.reason) == (Status.HELD, Reason.BODY_LOST)
    assert "queue" in row.detail


def test_a_body_gives_its_first_time_up_before_its_generation(world: DispatchWorld) -> None:
    generation = len(GENERATION) + len("String") + 1
    world.wait(point("all"), "x" * (MAX_BODY_BYTES - 200))
    world.wait(point("no-time"), "x" * (MAX_BODY_BYTES - generation))
    world.wait(point("nothing"), "x" * (MAX_BODY_BYTES - generation + 1))
    world.run()
    carried = {copy.pointer.message_id: set(copy.attributes) for copy in world.queue.copies}
    assert carried == {"all": {GENERATION, FIRST_SENT}, "no-time": {GENERATION}}
    row = row_of(world, "nothing")
    assert (row.status, row.reason) == (Status.HELD, Reason.TOO_LARGE)


def test_a_row_that_can_not_be_held_now_keeps_its_pointer(world: DispatchWorld) -> None:
    forget_body(world, world.wait(point("m-1")))
    world.run(gate=failing("ledger.replace"))
    assert "m-1" in world.schedule
    world.run(NOW + timedelta(minutes=1))
    assert row_of(world, "m-1").status is Status.HELD
    assert len(world.schedule) == 0
