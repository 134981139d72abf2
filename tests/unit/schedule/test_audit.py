"""The audit finds what dispatch will not meet any more, and touches nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.errors import TransientError
from postroad.schedule.auditing import PAGE
from postroad.schedule.pointer import OVERLAP, Pointer, minute_of
from postroad.schedule.ports import AuditProgress
from tests.crash_world import DiedError, FaultyGate, dies_after, dies_before
from tests.dispatch_world import NOW, STREAM, DispatchWorld, minutes, point

HOURS_AGO = NOW - timedelta(hours=5)


@pytest.fixture
def world() -> DispatchWorld:
    """A stream that has been swept up to now."""
    world = DispatchWorld()
    world.run()
    return world


def plant(world: DispatchWorld, message_id: str = "late", **changes: object) -> Pointer:
    pointer = replace(point(message_id, due=HOURS_AGO), **changes)  # type: ignore[arg-type]  # any part of it
    world.wait(pointer)
    world.schedule.remove([pointer])
    world.schedule.plant(pointer)
    return pointer


def test_a_pointer_in_a_minute_long_swept_is_moved_and_leaves(world: DispatchWorld) -> None:
    pointer = plant(world)
    world.run(NOW + minutes(1))
    assert world.queued() == [], "dispatch does not meet it"
    audited = world.audit()
    assert audited.moved == {STREAM: 1}
    assert audited.done
    (moved,) = world.schedule.all()
    assert replace(moved, minute=pointer.minute) == pointer
    assert minute_of(NOW) + minutes(2) <= moved.minute <= minute_of(NOW) + minutes(3)
    for minute in range(5):
        world.run(NOW + minutes(minute))
    assert world.queued() == ["late"]


def test_what_dispatch_will_still_meet_is_left_alone(world: DispatchWorld) -> None:
    untouched = [
        plant(world, "overlap", minute=minute_of(NOW) - OVERLAP),
        plant(world, "ahead", due=NOW + minutes(60), minute=minute_of(NOW) + minutes(60)),
    ]
    assert world.audit().moved == {}
    assert sorted(world.schedule.all(), key=lambda pointer: pointer.minute) == untouched


def test_what_waits_while_the_stream_is_stopped_is_left_alone(world: DispatchWorld) -> None:
    waiting = world.wait(point("m-1", due=NOW + minutes(5)))
    assert world.audit(NOW + timedelta(days=2)).moved == {}
    assert world.schedule.all() == [waiting]


def test_without_a_cursor_nothing_has_been_swept() -> None:
    fresh = DispatchWorld()
    plant(fresh)
    assert fresh.audit().moved == {}
    assert len(fresh.schedule) == 1


def test_a_cursor_ahead_of_the_time_does_not_move_what_is_to_come(world: DispatchWorld) -> None:
    world.run(NOW + timedelta(days=100))
    ahead = world.wait(point("ahead", due=NOW + timedelta(days=3)))
    plant(world)
    assert world.audit().moved == {STREAM: 1}
    assert ahead in world.schedule.all()


def test_it_comes_once_a_day_by_utc(world: DispatchWorld) -> None:
    world.audit()
    plant(world)
    assert world.audit(NOW + timedelta(hours=9, minutes=59)).moved == {}
    assert world.audit(NOW + timedelta(hours=10)).moved == {STREAM: 1}, "it is tomorrow"


def test_it_stops_when_its_time_is_up_and_goes_on_from_there(
    world: DispatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAGE >= 100
    monkeypatch.setattr("postroad.schedule.auditing.PAGE", 3)
    for number in range(10):
        plant(world, f"late-{number}")
    moved = runs = 0
    done = False
    while not done and runs < 10:
        runs += 1
        answers = iter([True, False])
        audited = world.audit(may_go_on=lambda answers=answers: next(answers))  # type: ignore[misc]  # bound now
        moved += audited.moved[STREAM]
        done = audited.done
    assert runs > 3
    assert moved == 10
    assert all(pointer.minute > NOW for pointer in world.schedule.all())


def test_an_audit_of_yesterday_that_was_not_done_gives_way_to_today_s(world: DispatchWorld) -> None:
    plant(world)
    world.schedule.save_audit_progress(AuditProgress(NOW.date() - timedelta(days=1), ("v1#z", "z")))
    assert world.audit().moved == {STREAM: 1}


def test_pointers_of_a_stream_that_is_not_deployed_are_told_and_left(world: DispatchWorld) -> None:
    gone = plant(world, stream="newsletter")
    audited = world.audit()
    assert (audited.strange, audited.moved) == ({"newsletter": 1}, {})
    assert world.schedule.all() == [gone]


@pytest.mark.parametrize("fault", [dies_before, dies_after])
def test_a_crash_anywhere_loses_no_pointer(fault: object) -> None:
    for place in range(8):
        world = DispatchWorld()
        world.run()
        plant(world, "a")
        plant(world, "b")
        gate = FaultyGate({place: fault})  # type: ignore[dict-item]  # one of the faults
        try:
            world.audit(gate=gate)
        except DiedError:
            assert set(ids_of(world)) == {"a", "b"}
        world.audit()
        for minute in range(5):
            world.run(NOW + minutes(minute))
        assert set(world.queued()) == {"a", "b"}
        assert len(world.schedule) == 0


def test_a_schedule_that_can_not_be_asked_is_told_as_such(world: DispatchWorld) -> None:
    def refuse(_: str, __: object) -> object:
        raise TransientError

    with pytest.raises(TransientError):
        world.audit(gate=refuse)


def ids_of(world: DispatchWorld) -> list[str]:
    return [pointer.message_id for pointer in world.schedule.all()]
