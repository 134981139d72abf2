"""Walks that are due: dispatch hands them out beside mail, and nothing that stops mail stops them."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from postroad.observability import Metric
from postroad.schedule.auditing import Audit
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.keys import SHARDS, pointer_key
from postroad.schedule.memory import MemoryQueue, MemorySchedule
from postroad.schedule.pointer import Pointer, minute_of
from postroad.schedule.ports import NotTaken
from postroad.schedule.sweeping import Sweeping
from postroad.schedule.walks import (
    SCHEMA,
    WALKS,
    BodiesOfWalks,
    DueWalk,
    RowsOfWalks,
    read_walk,
    walk_body,
    walk_of,
)
from tests.dispatch_world import NOW, always, minutes, point
from tests.unit.dispatching.test_each_minute import Minute

WALK = DueWalk("k1.JfX-3_q", "welcome")


def due_walk(
    walk: DueWalk = WALK, *, due: datetime = NOW, generation: int = 1, minute: datetime | None = None
) -> Pointer:
    return Pointer(
        stream=WALKS,
        message_id=f"{walk.address_key}:{walk.place}",
        fingerprint="walk",
        generation=generation,
        due=due,
        minute=minute or minute_of(due),
    )


@dataclass
class WalksWorld:
    """The schedule and the queue of journeys."""

    schedule: MemorySchedule = field(default_factory=MemorySchedule)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    errors: list[BaseException] = field(default_factory=list)

    def handing_out(self) -> HandingOut:
        return HandingOut(
            schedule=self.schedule,
            bodies=BodiesOfWalks(lambda: NOW),
            ledger=RowsOfWalks(),
            queue=self.queue,
            on_error=self.errors.append,
        )

    def sweeping(self) -> Sweeping:
        return Sweeping(
            schedule=self.schedule,
            queues={WALKS: self.queue},
            handing_out={WALKS: self.handing_out()},
            threads=1,
        )

    def run(self, now: datetime = NOW, *, rate: float = 1000) -> None:
        sweeping = self.sweeping()
        sweeping.run(sweeping.look(WALKS, now=now), now=now, rate=rate, may_go_on=always)


@pytest.fixture
def world() -> WalksWorld:
    return WalksWorld()


def test_a_walk_s_body_says_whose_turn_has_come_and_nothing_else(world: WalksWorld) -> None:
    world.schedule.put(due_walk(due=NOW - minutes(1), generation=7))
    world.run()
    (copy,) = world.queue.copies
    assert json.loads(copy.body) == {"schema": SCHEMA, "address_key": WALK.address_key, "place": "welcome"}
    assert read_walk(json.loads(copy.body)) == WALK
    assert len(world.schedule) == 0


@pytest.mark.parametrize("place", ["welcome", "cart.0f1e2d3c4b5a69788796a5b4", "@birthday"])
def test_every_place_of_a_walk_comes_through_its_pointer(place: str) -> None:
    walk = DueWalk(WALK.address_key, place)
    assert walk_of(due_walk(walk).message_id) == walk
    assert read_walk(json.loads(walk_body(walk))) == walk


@pytest.mark.parametrize(
    "document",
    [{}, {"address_key": "k1.a"}, {"address_key": "k1.a", "place": ""}, {"address_key": 1, "place": "a"}],
)
def test_a_body_without_a_walk_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected the texts address_key and place"):
        read_walk(document)


def test_no_more_are_handed_out_than_the_function_takes_in_two_minutes(world: WalksWorld) -> None:
    for number in range(30):
        world.schedule.put(due_walk(DueWalk(f"k1.{number}", "welcome"), due=NOW - minutes(1)))
    world.run(rate=0.1)
    assert len(world.queue.copies) == 12
    world.run(NOW + minutes(1), rate=0.1)
    assert len(world.queue.copies) == 12  # none of them has been taken: there is no room
    world.queue.copies.clear()
    world.run(NOW + minutes(2), rate=0.1)
    assert len(world.queue.copies) == 12


def test_a_walk_that_the_queue_refuses_for_good_stays_due(world: WalksWorld) -> None:
    world.schedule.put(due_walk(due=NOW - minutes(1)))
    world.queue.refuses["k1.JfX-3_q:welcome"] = NotTaken("InvalidMessageContents", forever=True)
    world.run()
    assert world.queue.copies == []
    assert len(world.schedule) == 1
    world.queue.refuses.clear()
    world.run(NOW + minutes(1))
    assert len(world.queue.copies) == 1
    assert len(world.schedule) == 0


def with_walks(minute: Minute, world: WalksWorld) -> None:
    """Run a minute that looks after walks too."""
    world.schedule = minute.world.schedule
    steps = minute.steps(
        beside={WALKS: 1000.0}, queues={WALKS: world.queue}, handing_out={WALKS: world.handing_out()}
    )
    steps.run(now=NOW, seconds_left=lambda: 40.0)


def test_walks_go_on_while_every_stream_is_stopped(world: WalksWorld) -> None:
    minute = Minute()
    minute.switches.running = set()
    minute.world.wait(point("mail"))
    minute.world.schedule.put(due_walk())
    with_walks(minute, world)
    assert minute.world.queued() == []
    assert [copy.pointer.message_id for copy in world.queue.copies] == ["k1.JfX-3_q:welcome"]
    assert minute.counts.of(Metric.DISPATCHED, WALKS) == 1
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, WALKS) == 0


def test_no_switch_and_no_evidence_is_asked_for_walks(world: WalksWorld) -> None:
    minute = Minute()
    with_walks(minute, world)
    assert all(WALKS not in asked for asked in minute.switches.asked)
    assert all(WALKS not in asked for asked in minute.evidence.asked)


def test_the_audit_finds_a_walk_that_was_passed_over_and_calls_it_no_stranger(world: WalksWorld) -> None:
    minute = Minute()
    lost = due_walk(due=NOW - timedelta(hours=3))
    minute.world.schedule.move_cursor(WALKS, minute_of(NOW) - minutes(1), expected=None)
    minute.world.schedule.put(lost)
    with_walks(minute, world)
    assert minute.counts.of(Metric.AUDITED, WALKS) == 1
    assert minute.counts.of(Metric.STRANDED, "unknown") == 0
    audited = Audit(schedule=minute.world.schedule).run({}, now=NOW + timedelta(days=1), may_go_on=always)
    assert audited.strange[WALKS] == 1


@pytest.mark.slow
def test_thousands_due_in_one_minute_leave_once_each_in_bounded_runs(world: WalksWorld) -> None:
    rate = 10
    due = NOW - minutes(1)
    pointers = [due_walk(DueWalk(f"k1.{number}", "welcome"), due=due) for number in range(5_000)]
    for pointer in pointers:
        world.schedule.put(pointer)
    taken: list[str] = []
    runs = 0
    while len(world.schedule):
        world.run(NOW + minutes(runs), rate=rate)
        runs += 1
        assert len(world.queue.copies) <= rate * 120
        # What the function takes in the minute until the next run.
        taken += [copy.body for copy in world.queue.copies[: rate * 60]]
        del world.queue.copies[: rate * 60]
    taken += [copy.body for copy in world.queue.copies]
    assert len(taken) == len(set(taken)) == len(pointers)
    assert runs == 8
    # No partition of the table gets more than its sixteenth, by chance a little more.
    by_partition = Counter(pointer_key(pointer)[0] for pointer in pointers)
    assert len(by_partition) == len(SHARDS)
    assert max(by_partition.values()) < 1.2 * len(pointers) / len(SHARDS)
