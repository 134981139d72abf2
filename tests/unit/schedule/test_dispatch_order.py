"""What leaves, when, and in which order."""

from datetime import timedelta

import pytest

from postroad.records import FIRST_SENT, GENERATION
from postroad.schedule.pointer import OVERLAP, Priority, minute_of
from postroad.schedule.sweeping import MOST_MARKS
from tests.dispatch_world import NOW, STREAM, DispatchWorld, minutes, point


@pytest.fixture
def world() -> DispatchWorld:
    return DispatchWorld()


def test_what_is_due_leaves_and_nothing_stays_of_it(world: DispatchWorld) -> None:
    world.wait(point("m-1", generation=3), '{"a": 1}')
    sweep = world.run()
    (copy,) = world.queue.copies
    assert copy.body == '{"a": 1}'
    first_sent = int((NOW - minutes(60)).timestamp() * 1000)
    assert copy.attributes == {GENERATION: "3", FIRST_SENT: str(first_sent)}
    assert sweep.handed.taken == 1
    assert len(world.schedule) == 0
    assert "m-1" in world.bodies, "send still needs to find it"


def test_what_is_not_due_stays(world: DispatchWorld) -> None:
    world.wait(point("m-1", due=NOW + minutes(2)))
    assert world.run().handed.taken == 0
    assert "m-1" in world.schedule
    assert world.run(NOW + minutes(2)).handed.taken == 1


def test_the_next_minute_is_handed_out_ahead_and_hidden_to_the_second(world: DispatchWorld) -> None:
    late_in_a_minute = NOW.replace(second=57)
    world.wait(point("m-1", due=minute_of(NOW) + timedelta(seconds=65)))
    world.wait(point("m-2", due=minute_of(NOW) + timedelta(seconds=119)))
    world.run(late_in_a_minute)
    assert [copy.delay_seconds for copy in world.queue.copies] == [8, 62]
    assert world.schedule.cursor(STREAM) == minute_of(NOW), "a writer may still be in that minute"
    world.wait(point("m-3", due=minute_of(NOW) + timedelta(seconds=100)))
    world.run(late_in_a_minute + minutes(1))
    assert world.queued() == ["m-1", "m-2", "m-3"]


def test_what_is_due_later_in_this_minute_is_hidden_until_then(world: DispatchWorld) -> None:
    world.wait(point("past", due=NOW - timedelta(seconds=10)))
    world.wait(point("soon", due=NOW + timedelta(seconds=20, milliseconds=1)))
    world.run()
    assert [(copy.pointer.message_id, copy.delay_seconds) for copy in world.queue.copies] == [
        ("past", 0),
        ("soon", 21),
    ]


def test_a_pointer_of_a_priority_that_is_not_known_leaves_in_its_order_too(world: DispatchWorld) -> None:
    world.wait(point("later", priority=Priority(7)))
    world.wait(point("usual", priority=Priority.USUAL))
    world.wait(point("before", priority=Priority(3)))
    world.run()
    assert world.queued() == ["before", "usual", "later"]
    assert len(world.schedule) == 0
    with pytest.raises(ValueError, match=r"1\.5"):
        Priority(1.5)  # type: ignore[arg-type]  # no number of a key


def test_oldest_minute_first_then_priority_then_time(world: DispatchWorld) -> None:
    early, late = NOW - minutes(2), NOW
    pointers = [
        point("1-evidence", due=early + timedelta(seconds=5), priority=Priority.EVIDENCE),
        point("2-usual", due=early),
        point("3-evidence", due=late, priority=Priority.EVIDENCE),
        point("4-usual", due=late),
        point("5-usual", due=late + timedelta(seconds=1)),
    ]
    for pointer in reversed(pointers):
        world.wait(pointer)
    world.run()
    assert world.queued() == [pointer.message_id for pointer in pointers]


def test_an_hour_without_dispatch_leaves_in_order_when_it_is_back(world: DispatchWorld) -> None:
    world.run(NOW - minutes(61))
    for number in sorted(range(600), key=lambda number: number * 7 % 600):
        world.wait(point(f"m-{number:03}", due=NOW - minutes(60) + timedelta(seconds=6 * number)))
    world.run(rate=1)
    assert world.queued() == [f"m-{number:03}" for number in range(120)], "as much as leaves in two minutes"
    for minute in range(1, 10):
        world.queue.waiting = -len(world.queue.copies)
        world.run(NOW + minutes(minute), rate=1)
    assert world.queued() == [f"m-{number:03}" for number in range(600)]


def test_several_threads_hand_out_everything_once(world: DispatchWorld) -> None:
    for number in range(700):
        world.wait(point(f"m-{number:03}"))
    world.run(threads=4)
    assert sorted(world.queued()) == [f"m-{number:03}" for number in range(700)]


@pytest.mark.parametrize(("depth", "taken"), [(0, 120), (100, 20), (119, 1), (120, 0), (5000, 0)])
def test_no_more_leaves_than_the_queue_has_room_for(world: DispatchWorld, depth: int, taken: int) -> None:
    for number in range(150):
        world.wait(point(f"m-{number:03}", due=NOW - minutes(1)))
    world.queue.waiting = depth
    sweep = world.run(rate=1)
    assert sweep.handed.taken == taken
    assert len(world.schedule) == 150 - taken
    assert sweep.oldest_seconds == 60
    assert world.schedule.cursor(STREAM) == minute_of(NOW) - minutes(2), "the minute was not emptied"


def test_a_rate_below_one_in_two_minutes_still_lets_one_through(world: DispatchWorld) -> None:
    world.wait(point("m-1"))
    assert world.run(rate=0.001).handed.taken == 1


def test_nothing_left_means_no_age(world: DispatchWorld) -> None:
    world.wait(point("m-1", due=NOW - minutes(30)))
    assert world.run().oldest_seconds == 0


def test_a_run_that_has_no_time_left_stops_and_the_next_goes_on(world: DispatchWorld) -> None:
    for number in range(40):
        world.wait(point(f"m-{number:02}", due=NOW - minutes(40 - number)))
    answers = iter([True] * 11 + [False] * 100)
    first = world.run(may_go_on=lambda: next(answers))
    assert 0 < first.handed.taken < 40
    assert world.schedule.cursor(STREAM) == minute_of(NOW) - minutes(41 - first.handed.taken)
    assert world.run().handed.taken == 40 - first.handed.taken
    assert world.queued() == [f"m-{number:02}" for number in range(40)]


def test_a_late_writer_is_met_within_the_overlap(world: DispatchWorld) -> None:
    world.run()
    assert world.schedule.cursor(STREAM) == minute_of(NOW)
    world.wait(point("late", due=NOW - OVERLAP))
    world.wait(point("too-late", due=NOW - OVERLAP - minutes(1)))
    world.run()
    assert world.queued() == ["late"]


def test_the_first_run_has_no_cursor_and_begins_with_the_oldest(world: DispatchWorld) -> None:
    world.wait(point("old", due=NOW - timedelta(days=30)))
    world.wait(point("new"))
    world.run()
    assert world.queued() == ["old", "new"]


def test_a_cursor_does_not_go_back_while_the_queue_is_full(world: DispatchWorld) -> None:
    world.run()
    world.wait(point("late", due=NOW - minutes(5)))
    world.queue.waiting = 10**9
    for minute in range(3):
        world.run(NOW + minutes(minute))
    assert world.schedule.cursor(STREAM) == minute_of(NOW)


def test_a_clock_that_jumped_ahead_and_came_back_leaves_nothing_behind(world: DispatchWorld) -> None:
    world.run(NOW + timedelta(days=365))
    world.wait(point("soon", due=NOW + minutes(3)))
    world.wait(point("tomorrow", due=NOW + timedelta(days=1)))
    for minute in range(5):
        world.run(NOW + minutes(minute))
    assert world.queued() == ["soon"]
    assert world.schedule.cursor(STREAM) == minute_of(NOW) + minutes(4)
    world.run(NOW + timedelta(days=1))
    assert world.queued() == ["soon", "tomorrow"]


def test_a_clock_that_fell_back_hands_nothing_out_early(world: DispatchWorld) -> None:
    world.wait(point("m-1", due=NOW))
    world.run(NOW - timedelta(days=365))
    assert world.queued() == []
    world.run(NOW)
    assert world.queued() == ["m-1"]


def test_a_year_without_dispatch_costs_no_year_of_queries(world: DispatchWorld) -> None:
    calls: list[str] = []

    def count(name: str, call: object) -> object:
        calls.append(name)
        return call()  # type: ignore[operator]  # a call of a port

    world.run(NOW - timedelta(days=365))
    for number in range(12):
        world.wait(point(f"m-{number:02}", due=NOW - timedelta(days=365 - 30 * number) + minutes(1)))
    world.run(gate=count)
    assert world.queued() == [f"m-{number:02}" for number in range(12)]
    assert calls.count("schedule.due") == 12
    assert len(calls) < 60
    assert world.schedule.cursor(STREAM) == minute_of(NOW)


def test_more_marked_minutes_than_are_read_at_once_take_several_runs(
    world: DispatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_MARKS > 1000
    monkeypatch.setattr("postroad.schedule.sweeping.MOST_MARKS", 20)
    for number in range(50):
        world.wait(point(f"m-{number:02}", due=NOW - minutes(50 - number)))
    runs = 0
    while len(world.schedule) and runs < 20:
        world.run()
        runs += 1
    assert world.queued() == [f"m-{number:02}" for number in range(50)]
    assert runs > 2


def test_an_idle_stream_is_asked_three_things(world: DispatchWorld) -> None:
    names: list[str] = []

    def count(name: str, call: object) -> object:
        names.append(name)
        return call()  # type: ignore[operator]  # a call of a port

    world.run(gate=count)
    assert names == ["schedule.cursor", "schedule.marks", "schedule.move_cursor"]
