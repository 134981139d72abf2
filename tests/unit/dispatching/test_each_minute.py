"""The steps of a minute: none stops the next, and what failed is told in the end."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from postroad.account.memory import MemoryAccount
from postroad.account.ports import Quota
from postroad.clock import FixedClock
from postroad.dispatching.each_minute import NOTHING_ELSE, EachMinute, StepsFailedError
from postroad.errors import TransientError
from postroad.governor.allowance import Allowance
from postroad.governor.memory import MemorySlots
from postroad.governor.reading import Stage
from postroad.governor.state import Lane
from postroad.observability import UNKNOWN_STREAM, Counts, Metric, make_logger
from postroad.schedule.auditing import Audit
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.memory import MemoryQueue
from postroad.schedule.pointer import Priority, minute_of
from postroad.schedule.ports import NotTaken
from postroad.schedule.sweeping import Sweeping
from tests.dispatch_world import NOW, STREAM, DispatchWorld, minutes, point

OTHER = "marketing"


@dataclass
class Switches:
    """Streams that run, and what was asked."""

    running: set[str] = field(default_factory=lambda: {STREAM, OTHER})
    asked: list[tuple[str, ...]] = field(default_factory=list)
    error: Exception | None = None

    def tend(self, streams: Iterable[str], now: datetime) -> frozenset[str]:
        assert now == NOW
        self.asked.append(tuple(streams))
        if self.error:
            raise self.error
        return frozenset(self.running)


@dataclass
class Evidence:
    """What was awaited."""

    asked: list[Mapping[str, datetime | None]] = field(default_factory=list)
    error: Exception | None = None

    def tend(self, streams: Mapping[str, datetime | None], *, now: datetime) -> None:
        assert now == NOW
        self.asked.append(streams)
        if self.error:
            raise self.error


@dataclass
class Minute:
    """All the steps, over fakes."""

    world: DispatchWorld = field(default_factory=DispatchWorld)
    other: MemoryQueue = field(default_factory=MemoryQueue)
    switches: Switches = field(default_factory=Switches)
    evidence: Evidence = field(default_factory=Evidence)
    account: MemoryAccount = field(
        default_factory=lambda: MemoryAccount(
            Quota(max_24_hours=1_000_000, per_second=1000, sent_24_hours=400_000)
        )
    )
    slots: MemorySlots = field(default_factory=MemorySlots)
    counts: Counts = field(default_factory=lambda: Counts("test"))
    rate: float = 1000
    share: float = 1

    def steps(
        self,
        beside: Mapping[str, float] = NOTHING_ELSE,
        queues: Mapping[str, MemoryQueue] = MappingProxyType({}),
        handing_out: Mapping[str, HandingOut] = MappingProxyType({}),
    ) -> EachMinute:
        world, of_mail = self.world, {STREAM: self.world.queue, OTHER: self.other}
        out = {
            stream: HandingOut(
                schedule=world.schedule,
                bodies=world.bodies,
                ledger=world.ledger,
                queue=queue,
                on_error=world.errors.append,
            )
            for stream, queue in of_mail.items()
        }
        return EachMinute(
            streams=[STREAM, OTHER],
            switching=self.switches,
            evidence=self.evidence,
            sweeping=Sweeping(
                schedule=world.schedule,
                queues={**of_mail, **queues},
                handing_out={**out, **handing_out},
                threads=1,
            ),
            audit=Audit(schedule=world.schedule),
            allowance=Allowance(
                account=self.account,
                slots=self.slots,
                clock=FixedClock(NOW),
                stage=Stage(share=self.share, rate=self.rate, reserve=0.1),
                lanes={STREAM: Lane.TRANSACTIONAL, OTHER: Lane.OTHERS},
            ),
            counts=self.counts,
            logger=make_logger("dispatch"),
            beside=beside,
        )

    def run(self, seconds_left: Callable[[], float] = lambda: 40.0) -> None:
        self.steps().run(now=NOW, seconds_left=seconds_left)


@pytest.fixture
def minute() -> Minute:
    return Minute()


def test_a_minute_hands_out_what_is_due_of_each_stream(minute: Minute) -> None:
    minute.world.wait(point("a", due=NOW - minutes(3)))
    minute.world.wait(point("b", stream=OTHER))
    minute.run()
    assert minute.world.queued() == ["a"]
    assert [copy.pointer.message_id for copy in minute.other.copies] == ["b"]
    assert minute.switches.asked == [(STREAM, OTHER)]
    assert minute.counts.of(Metric.DISPATCHED, STREAM) == 1
    assert minute.counts.of(Metric.DISPATCHED, OTHER) == 1
    assert minute.counts.of(Metric.DISPATCH_RUNS, UNKNOWN_STREAM) == 1
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) == 0
    progress = minute.world.schedule.audit_progress()
    assert progress is not None
    assert progress.done


def test_a_stopped_stream_gets_nothing_and_its_cursor_stays(minute: Minute) -> None:
    minute.world.run(NOW - minutes(30))
    minute.world.wait(point("a", due=NOW - minutes(25)))
    minute.switches.running = {OTHER}
    minute.run()
    assert minute.world.queued() == []
    assert minute.world.schedule.cursor(STREAM) == minute_of(NOW) - minutes(30)
    assert [set(asked) for asked in minute.evidence.asked] == [{OTHER}]
    minute.switches.running.add(STREAM)
    minute.run()
    assert minute.world.queued() == ["a"]


def test_how_long_mail_of_a_stopped_stream_has_been_due_is_told(minute: Minute) -> None:
    minute.world.run(NOW - minutes(30))
    minute.world.wait(point("cancelled", due=NOW - minutes(28)))
    minute.world.schedule.remove(minute.world.schedule.of("cancelled"))
    minute.world.wait(point("a", due=NOW - minutes(25)))
    minute.world.wait(point("b", due=NOW + minutes(1)))
    minute.switches.running = set()
    minute.run()
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) == 25 * 60
    minute.run(lambda: 0.0)
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) == 28 * 60 + NOW.second, "its minute"


def test_evidence_is_told_up_to_when_it_is_awaited(minute: Minute) -> None:
    for number, at in enumerate((NOW - minutes(4), NOW - minutes(2), NOW + minutes(1))):
        minute.world.wait(point(f"m-{number}", due=at, priority=Priority.EVIDENCE))
    minute.world.wait(point("m-9", due=NOW, stream=OTHER))
    minute.run()
    assert minute.evidence.asked == [{STREAM: minute_of(NOW) - minutes(1), OTHER: None}]


def test_reasserting_looks_at_one_switch_and_nothing_else(minute: Minute) -> None:
    minute.world.wait(point("a"))
    minute.steps().reassert(OTHER, now=NOW)
    assert minute.switches.asked == [(OTHER,)]
    assert minute.evidence.asked == []
    assert minute.world.queued() == []


def test_evidence_that_fails_stops_nothing_and_is_told(minute: Minute) -> None:
    minute.world.wait(point("a"))
    minute.evidence.error = ZeroDivisionError("a@example.com")
    with pytest.raises(StepsFailedError, match="failed in evidence: ") as raised:
        minute.run()
    assert "@" not in str(raised.value)
    assert minute.world.queued() == ["a"]
    assert minute.counts.of(Metric.DISPATCH_RUNS, UNKNOWN_STREAM) == 1
    assert minute.world.schedule.audit_progress() is not None


def test_where_nobody_knows_which_streams_run_nothing_is_handed_out(minute: Minute) -> None:
    minute.world.wait(point("a"))
    minute.switches.error = TransientError()
    with pytest.raises(StepsFailedError, match="switches"):
        minute.run()
    assert minute.world.queued() == []
    assert minute.world.schedule.audit_progress() is not None
    with pytest.raises(StepsFailedError, match="switches"):
        minute.steps().reassert(STREAM, now=NOW)


def test_a_stream_that_fails_stops_no_other_and_is_no_run(minute: Minute) -> None:
    minute.world.wait(point("a"))
    minute.world.wait(point("b", stream=OTHER))

    def fail() -> int:
        raise TransientError

    minute.world.queue.depth = fail  # type: ignore[method-assign]  # spoiled
    with pytest.raises(StepsFailedError, match="dispatch"):
        minute.run()
    assert [copy.pointer.message_id for copy in minute.other.copies] == ["b"]
    assert minute.counts.of(Metric.DISPATCH_RUNS, UNKNOWN_STREAM) == 0


def test_a_queue_that_takes_nothing_fails_the_minute(minute: Minute) -> None:
    for number in range(1000):
        minute.world.wait(point(f"m-{number}", due=NOW - minutes(number % 60)))
        minute.world.queue.refuses[f"m-{number}"] = NotTaken("InternalError", forever=False)
    with pytest.raises(StepsFailedError, match="dispatch"):
        minute.run()
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) == 59 * 60


def test_a_schedule_that_can_not_be_read_of_one_stream_leaves_the_audit_for_later(minute: Minute) -> None:
    inner = minute.world.schedule.cursor

    def cursor(stream: str) -> datetime | None:
        if stream == STREAM:
            raise TransientError
        return inner(stream)

    minute.world.schedule.cursor = cursor  # type: ignore[method-assign]  # spoiled for one
    with pytest.raises(StepsFailedError, match="schedule"):
        minute.run()
    assert minute.evidence.asked == [{STREAM: None, OTHER: None}]
    assert minute.world.schedule.audit_progress() is None


@pytest.mark.parametrize(
    ("configured", "share", "quota", "taken"),
    [
        (2, 1, 5, 240),
        (2, 0.25, 5, 60),
        (2, 1, 1, 120),
        (0, 1, 1, 120),
        (0, 0.5, 1, 60),
        (2, 0.5, None, 120),
        (0, 0.5, None, 60),
    ],
    ids=[
        "configured",
        "its share",
        "more than SES allows",
        "SES's",
        "its share of SES's",
        "SES can't be asked, configured",
        "SES can't be asked",
    ],
)
def test_the_rate_is_the_account_s_and_never_more_than_the_configured_one(
    minute: Minute, configured: float, share: float, quota: float | None, taken: int
) -> None:
    minute.rate, minute.share = configured, share
    minute.account.quota = (
        None if quota is None else Quota(max_24_hours=200, per_second=quota, sent_24_hours=0)
    )
    for number in range(500):
        minute.world.wait(point(f"m-{number}"))
    if quota is None:
        with pytest.raises(StepsFailedError, match="account"):
            minute.run()
    else:
        minute.run()
    assert minute.counts.of(Metric.DISPATCHED, STREAM) == taken
    assert minute.counts.of(Metric.DISPATCH_RUNS, UNKNOWN_STREAM) == 1


def test_every_sender_learns_each_minute_what_ses_says(minute: Minute) -> None:
    minute.rate = 0
    minute.run()
    state = minute.slots.state
    assert (state.rate, state.room, state.room_beyond_reserve) == (1000, 600_000, 500_000)


def test_what_was_learnt_stands_while_ses_can_t_be_asked(minute: Minute) -> None:
    minute.run()
    before, minute.account.quota = minute.slots.state, None
    with pytest.raises(StepsFailedError, match="account"):
        minute.run()
    assert minute.slots.state == before


def test_each_stream_has_its_part_of_the_time(minute: Minute) -> None:
    for number in range(300):
        minute.world.wait(point(f"a-{number}", due=NOW - minutes(number)))
        minute.world.wait(point(f"b-{number}", due=NOW - minutes(number), stream=OTHER))

    def passing() -> Iterator[float]:
        left = 40.0
        while True:
            yield left
            left = max(0.0, left - 0.1)

    left = passing()
    minute.run(lambda: next(left))
    first, second = len(minute.world.queue.copies), len(minute.other.copies)
    assert 0 < first < 300
    assert 0 < second < 300
    assert abs(first - second) < 30
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) > 0


def test_what_there_was_no_time_to_look_at_is_told_by_its_age(minute: Minute) -> None:
    for number in range(300):
        minute.world.wait(point(f"m-{number}", due=NOW - minutes(300 - number)))

    def passing() -> Iterator[float]:
        left = 12.0
        while True:
            yield left
            left = max(0.0, left - 0.1)

    left = passing()
    minute.run(lambda: next(left))
    taken = len(minute.world.queue.copies)
    assert 0 < taken < 300
    assert minute.counts.of(Metric.OLDEST_DUE_SECONDS, STREAM) == (300 - taken) * 60 + NOW.second


def test_lost_bodies_and_moved_pointers_are_counted(minute: Minute) -> None:
    minute.world.run(NOW - minutes(1))
    lost = minute.world.wait(point("lost"))
    minute.world.bodies.delete("lost", lost.fingerprint)
    minute.world.schedule.plant(point("old", due=NOW - timedelta(hours=5)))
    minute.world.schedule.plant(point("gone", stream="newsletter"))
    minute.run()
    assert minute.counts.of(Metric.BODIES_LOST, STREAM) == 1
    assert minute.counts.of(Metric.HELD, STREAM) == 1
    assert minute.counts.of(Metric.AUDITED, STREAM) == 1
    assert minute.counts.of(Metric.STRANDED, UNKNOWN_STREAM) == 1


@pytest.mark.parametrize("seconds", [2.0, 5.0, 40.0])
def test_a_run_hands_out_however_little_time_it_has(minute: Minute, seconds: float) -> None:
    for number in range(100):
        minute.world.wait(point(f"m-{number}", due=NOW - minutes(number)))

    def passing() -> Iterator[float]:
        left = seconds
        while True:
            yield left
            left = max(0.0, left - 0.01)

    left = passing()
    minute.run(lambda: next(left))
    assert len(minute.world.queue.copies) > 20
    assert next(left) > 0, "and it comes to its end in time"
    assert minute.world.schedule.audit_progress() is not None
