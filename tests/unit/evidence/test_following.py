"""The watermarks follow what is applied: over the fakes, with others at work at the same time."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.evidence.errors import EvidenceUnavailableError
from postroad.evidence.following import FRONTIER, OVERLAP, Following
from postroad.evidence.memory import MemoryAppliedObjects, MemoryEventObjects, MemoryWatermarks

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


class World:
    def __init__(self, most_keys: int = 1_000, applied: MemoryAppliedObjects | None = None) -> None:
        self.objects = MemoryEventObjects()
        self.applied = applied or MemoryAppliedObjects()
        self.watermarks = MemoryWatermarks()
        self.now = at(600)
        self.following = Following(
            objects=self.objects, applied=self.applied, watermarks=self.watermarks, most_keys=most_keys
        )

    def arrive(self, minutes: float, name: str = "a", *, version: int = 1) -> str:
        moment = at(minutes)
        key = f"events/{moment:%Y/%m/%d/%H}/s-{version}-{moment:%Y-%m-%d-%H-%M-%S}-{name}"
        self.objects.objects[key] = b""
        return key

    def apply(self, key: str, newest: datetime | None = None) -> None:
        sends: Mapping[str, datetime] = {} if newest is None else {"shop": newest}
        self.applied.mark(key, sends, now=T0)

    def follow(self) -> datetime | None:
        self.following.follow(now=self.now)
        return self.watermarks.read("shop")


def test_the_watermark_waits_for_the_object_between() -> None:
    world = World()
    first, second, third = world.arrive(0), world.arrive(1), world.arrive(2)
    assert world.follow() is None
    world.apply(first, at(0.9))
    world.apply(third, at(2.9))
    assert world.follow() == at(0.9)
    world.apply(second, at(1.9))
    assert world.follow() == at(2.9)


def test_an_object_of_a_time_to_come_counts_when_that_has_come_and_hides_no_others() -> None:
    world = World()
    world.now = at(20)
    world.apply(world.arrive(60, "by-hand"), at(0.5))
    world.apply(world.arrive(10), at(10.9))
    assert world.follow() == at(10.9)
    assert world.watermarks.read(FRONTIER) == at(10)
    world.apply(world.arrive(11), at(11.9))
    assert world.follow() == at(11.9)
    world.now = at(62)
    world.arrive(61)
    world.follow()
    assert world.watermarks.read(FRONTIER) == at(60)


def test_an_object_that_appears_late_holds_back_what_comes_after() -> None:
    world = World()
    world.apply(world.arrive(10), at(10.9))
    assert world.follow() == at(10.9)
    late = world.arrive(8, "late")
    world.apply(world.arrive(11), at(11.9))
    assert world.follow() == at(10.9)
    world.apply(late, at(8.5))
    assert world.follow() == at(11.9)


def test_the_watermark_and_the_frontier_never_go_back() -> None:
    world = World()
    world.apply(world.arrive(10), at(10.9))
    world.follow()
    world.arrive(9, "late")
    world.arrive(12)
    assert world.follow() == at(10.9)
    assert world.watermarks.read(FRONTIER) == at(10)


def test_a_new_version_of_the_stream_sorts_before_the_old_and_is_still_judged_by_its_time() -> None:
    world = World()
    world.apply(world.arrive(20, version=9), at(20.9))
    assert world.follow() == at(20.9)
    not_applied = world.arrive(21, version=10)
    assert not_applied < world.arrive(22, version=9)
    world.apply(world.arrive(22, version=9), at(22.9))
    assert world.follow() == at(20.9)


def test_across_the_hour_the_overlap_reaches_back() -> None:
    world = World()
    world.apply(world.arrive(61), at(61.5))
    assert world.follow() == at(61.5)
    world.arrive(59, "late")
    world.apply(world.arrive(63), at(63.5))
    assert world.follow() == at(61.5)


def test_what_lies_before_the_overlap_is_left_to_its_own_notification() -> None:
    world = World()
    world.apply(world.arrive(40), at(40.5))
    world.follow()
    world.arrive(40 - OVERLAP / timedelta(minutes=1) - 1, "very late")
    world.apply(world.arrive(41), at(41.5))
    assert world.follow() == at(41.5)


def test_a_listing_that_is_cut_off_counts_in_whole_hours_and_goes_on() -> None:
    world = World(most_keys=30)
    for minute in range(0, 240, 5):
        world.apply(world.arrive(minute), at(minute + 1))
    assert [world.follow() for _ in range(4)] == [at(116), at(176), at(236), at(236)]


def test_a_listing_that_is_cut_off_passes_nothing_that_is_not_applied() -> None:
    world = World(most_keys=30)
    held_up = world.arrive(65)
    for minute in (minute for minute in range(0, 240, 5) if minute != 65):
        world.apply(world.arrive(minute), at(minute + 1))
    assert [world.follow() for _ in range(3)] == [at(61)] * 3
    world.apply(held_up, at(66))
    assert [world.follow() for _ in range(3)] == [at(116), at(176), at(236)]


class Interrupted(MemoryAppliedObjects):
    """Lets others work after the marks were read."""

    meanwhile: Callable[[], None] | None = None

    def of_hour(self, hour: datetime) -> Mapping[str, Mapping[str, datetime]]:
        marks = super().of_hour(hour)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return marks


def test_of_two_at_once_the_one_that_knows_more_has_the_last_word() -> None:
    world = World(applied=Interrupted())
    keys = [world.arrive(minute) for minute in range(3)]
    world.apply(keys[0], at(0.9))

    def apply_and_follow() -> None:
        world.apply(keys[1], at(1.9))
        assert world.follow() == at(1.9)

    assert isinstance(world.applied, Interrupted)
    world.applied.meanwhile = apply_and_follow

    assert world.follow() == at(1.9)
    assert world.watermarks.read(FRONTIER) == at(1)


class Dying:
    """Stands before a store: the n-th call of all never comes to it, or its answer never comes back."""

    def __init__(self, real: Any, fate: Iterator[str]) -> None:  # noqa: ANN401  any store
        self._real = real
        self._fate = fate

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  whatever the method takes
            fate = next(self._fate, "")
            if fate == "before":
                raise EvidenceUnavailableError
            answer = getattr(self._real, name)(*arguments, **named)
            if fate == "after":
                raise EvidenceUnavailableError
            return answer

        return call


@pytest.mark.parametrize("fate", ["before", "after"])
def test_whoever_dies_on_the_way_leaves_what_the_next_one_finishes(fate: str) -> None:
    died = 0
    for turn in range(20):
        world = World()
        world.apply(world.arrive(0), at(0.9))
        world.apply(world.arrive(1), at(1.9))
        world.arrive(2)
        fates = iter(["" if call < turn else fate for call in range(turn + 1)])
        dying: list[Any] = [Dying(store, fates) for store in (world.objects, world.applied, world.watermarks)]
        objects, applied, watermarks = dying
        try:
            Following(objects=objects, applied=applied, watermarks=watermarks).follow(now=at(600))
        except EvidenceUnavailableError:
            died += 1
            assert world.watermarks.read("shop") in (None, at(1.9))
        assert world.follow() == at(1.9)
    # Reading the frontier, the keys and the marks, and writing one watermark and the frontier.
    assert died == 5
