"""What dispatch does each minute for the evidence."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.evidence.errors import EvidenceUnavailableError
from postroad.evidence.following import Following
from postroad.evidence.memory import (
    MemoryAppliedObjects,
    MemoryCanaries,
    MemoryCanaryPatience,
    MemoryEventObjects,
    MemoryNotices,
    MemoryWatermarks,
)
from postroad.evidence.patience import Patience
from postroad.evidence.tending import MOST_TOLD_AGAIN, Evidence
from postroad.observability import Counts, Metric

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


class World:
    def __init__(self) -> None:
        self.objects = MemoryEventObjects()
        self.applied = MemoryAppliedObjects()
        self.watermarks = MemoryWatermarks()
        self.patience = MemoryCanaryPatience()
        self.canaries = MemoryCanaries()
        self.notices = MemoryNotices()
        self.counts = Counts("test")
        self.log = StringIO()
        self.evidence = Evidence(
            following=Following(objects=self.objects, applied=self.applied, watermarks=self.watermarks),
            watermarks=self.watermarks,
            patience=self.patience,
            canaries=self.canaries,
            notices=self.notices,
            canary_every=timedelta(minutes=15),
            counts=self.counts,
            logger=Logger(service=f"dispatch-{uuid4().hex}", stream=self.log),
        )

    def tend(self, minute: int, awaited: datetime | None = None) -> int:
        """Tend the stream `shop`, and return how many canaries were sent in this minute."""
        before = len(self.canaries.sent)
        self.evidence.tend({"shop": awaited}, now=at(minute))
        return len(self.canaries.sent) - before

    def age(self) -> int:
        age = self.counts.of(Metric.WATERMARK_SECONDS, "shop")
        self.counts.flush()
        return age

    def arrive(self, minutes: float) -> str:
        moment = at(minutes)
        key = f"events/{moment:%Y/%m/%d/%H}/s-1-{moment:%Y-%m-%d-%H-%M-%S}-a"
        self.objects.objects[key] = b""
        return key


@pytest.fixture
def world() -> World:
    return World()


def test_an_idle_stream_sends_one_canary_in_each_quarter_of_an_hour(world: World) -> None:
    sent = []
    for minute in range(45):
        sent.append(world.tend(minute))
        world.watermarks.advance("shop", at(minute + 0.5))
    assert [minute for minute, count in enumerate(sent) if count] == [0, 15, 30]
    assert world.counts.of(Metric.CANARIES, "shop") == 3


def test_a_stream_that_awaits_evidence_sends_one_each_minute_until_the_watermark_is_past_it(
    world: World,
) -> None:
    world.tend(0)
    assert [world.tend(minute, awaited=at(0.5)) for minute in (1, 2)] == [1, 1]
    world.watermarks.advance("shop", at(0.5))
    assert world.tend(3, awaited=at(0.5)) == 1
    world.watermarks.advance("shop", at(2.2))
    assert world.tend(4, awaited=at(0.5)) == 0


def test_the_age_is_that_of_the_oldest_canary_that_nothing_came_back_of(world: World) -> None:
    ages = []
    for minute in range(20):
        world.tend(minute)
        ages.append(world.age())
    assert ages == [60 * minute for minute in range(20)]
    world.watermarks.advance("shop", at(0.2))  # the first has arrived; the second, of minute 15, has not
    world.tend(20)
    assert world.age() == 5 * 60
    world.watermarks.advance("shop", at(15.2))
    world.tend(21)
    assert world.age() == 0


@pytest.mark.parametrize("outcome", sorted(set(CanaryOutcome) - {CanaryOutcome.ACCEPTED}))
def test_a_canary_that_could_not_be_sent_is_sent_again_and_leaves_the_evidence_owing(
    world: World, outcome: CanaryOutcome
) -> None:
    world.canaries.answer = CanaryAnswer(outcome, "ses_paused")
    assert [world.tend(minute) for minute in range(3)] == [1, 1, 1]
    assert world.age() == 120
    assert world.counts.of(Metric.CANARIES, "shop") == 0
    told = json.loads(world.log.getvalue().splitlines()[0])
    assert (told["outcome"], told["why"]) == (outcome.value, "ses_paused")
    world.canaries.answer = CanaryAnswer(CanaryOutcome.ACCEPTED)
    world.tend(3)
    world.watermarks.advance("shop", at(3.1))
    assert world.tend(4) == 0
    assert world.patience.read("shop").owing_since is None


def test_the_watermarks_follow_even_where_feedback_died_before_it_moved_them(world: World) -> None:
    world.applied.mark(world.arrive(0), {"shop": at(0.7)}, now=T0)
    world.tend(1)
    assert world.watermarks.read("shop") == at(0.7)


def test_objects_that_nobody_applied_for_ten_minutes_are_told_again_now_and_then(world: World) -> None:
    missed, later = world.arrive(1), world.arrive(15)
    told = []
    for minute in range(40):
        world.tend(minute)
        told.append(tuple(world.notices.sent))
        world.notices.sent.clear()
    assert {minute: keys for minute, keys in enumerate(told) if keys} == {20: (missed,), 30: (missed, later)}


def test_so_many_are_told_again_at_once_that_feedback_is_not_buried_oldest_first(world: World) -> None:
    keys = [world.arrive(minute / 60) for minute in range(MOST_TOLD_AGAIN + 5)]
    world.tend(20)
    assert world.notices.sent == keys[:MOST_TOLD_AGAIN]


def unavailable(*_: object, **__: object) -> None:
    raise EvidenceUnavailableError("DynamoDB didn't answer")


@pytest.mark.parametrize(
    "break_",
    [
        lambda world: setattr(world.objects, "keys", unavailable),
        lambda world: setattr(world.applied, "of_hour", unavailable),
        lambda world: setattr(world.notices, "send", unavailable),
    ],
)
def test_what_can_not_be_followed_now_keeps_no_canary_back(
    world: World, break_: Callable[[World], None]
) -> None:
    world.arrive(-30)
    break_(world)
    assert world.tend(0) == 1
    assert "watermarks not moved" in world.log.getvalue()


def test_a_stream_whose_state_can_not_be_read_keeps_no_other_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.patience.read

    def read(stream: str) -> Patience:
        if stream == "shop":
            unavailable()
        return real(stream)

    monkeypatch.setattr(world.patience, "read", read)
    world.evidence.tend({"shop": None, "news": None}, now=T0)
    assert world.canaries.sent == ["news"]
    assert "canary not tended" in world.log.getvalue()


def test_no_stream_is_nothing_to_do(world: World) -> None:
    world.evidence.tend({}, now=T0)
    assert world.canaries.sent == []
