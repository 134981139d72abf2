"""One process's way to its slots: what it tries, how long it sleeps, what it writes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from postroad.contract.words import StreamKind
from postroad.governor.errors import GovernorUnavailableError
from postroad.governor.governed_rate import GovernedRate
from postroad.governor.grant import Grant, Shortage
from postroad.governor.leasing import terms_of
from postroad.governor.memory import MemorySlots
from postroad.governor.pace import SECOND, micros, pace_of
from postroad.governor.state import PLENTY, State
from tests.virtual_time import START, VirtualTime

NOW = micros(START)
LATER = START + timedelta(seconds=30)
WINDOW = pace_of(14).window


@dataclass
class Governed:
    """A stage of this rate, and a process that leases of it."""

    rate: float = 14
    kind: StreamKind = StreamKind.MARKETING
    slots: MemorySlots = field(default_factory=MemorySlots)
    time: VirtualTime = field(default_factory=VirtualTime)
    chance: Callable[[], float] = field(default_factory=lambda: random.Random(1).random)  # noqa: S311  dice
    rightings: list[timedelta] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    freezes: float = 0

    def process(self) -> GovernedRate:
        terms = terms_of(self.kind, transactional_share=0.2, rate=self.rate)
        return GovernedRate(
            self.slots,
            terms,
            clock=self.time,
            pause=self._pause,
            chance=self.chance,
            on_righting=self.rightings.append,
        )

    def _pause(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time.at += timedelta(seconds=seconds + self.freezes)
        self.freezes = 0


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_where_nobody_sends_mail_leaves_at_once_for_one_write() -> None:
    governed = Governed()
    grant = governed.process().take(10, deadline=LATER)
    assert grant == Grant(3, after(WINDOW / SECOND))
    assert (governed.slept, governed.slots.reads, governed.slots.writes) == ([], 1, 1)


def test_a_process_on_its_own_reads_once_and_writes_once_for_each_lease() -> None:
    governed = Governed()
    rate = governed.process()
    grants = [rate.take(10, deadline=LATER) for _ in range(20)]
    assert {grant.count for grant in grants} == {3}
    assert governed.time.now() == pytest.approx(after(19 * 3 / 14), abs=timedelta(milliseconds=1))
    assert (governed.slots.reads, governed.slots.writes) == (1, 20)


def test_the_rate_is_the_one_that_dispatch_wrote() -> None:
    governed = Governed(slots=MemorySlots(State(rate=100)))
    assert governed.process().take(60, deadline=LATER).count == 25


def test_a_process_that_knows_an_older_rate_learns_the_new_one_before_it_leases() -> None:
    governed = Governed(slots=MemorySlots(State(rate=100)))
    rate = governed.process()
    assert rate.take(60, deadline=LATER).count == 25
    governed.slots.state = replace(governed.slots.state, rate=8)
    assert rate.take(60, deadline=LATER).count == 2
    assert governed.slots.writes == 3


def test_nothing_is_waited_for_beyond_the_deadline() -> None:
    governed = Governed(slots=MemorySlots(State(rate=14, tat=NOW + SECOND)))
    assert governed.process().take(5, deadline=after(0.9)) == Grant(0, None, Shortage.TIME)
    assert governed.process().take(5, deadline=after(0.4)) == Grant(0, None, Shortage.TIME)
    assert (governed.slept, governed.slots.writes) == ([], 0)
    grant = governed.process().take(5, deadline=after(1))
    assert (grant.count, governed.time.now()) == (3, after(1))


def test_transactional_mail_goes_before_what_others_wait_for() -> None:
    slots = MemorySlots(State(rate=14, tat=NOW + SECOND * 9 // 10, own_others=NOW + 9 * SECOND))
    ours = Governed(slots=slots, kind=StreamKind.TRANSACTIONAL)
    assert ours.process().take(1, deadline=LATER).count == 1
    assert ours.time.now() == after(0.9)
    others = Governed(slots=slots)
    others.process().take(1, deadline=LATER)
    assert others.time.now() > after(0.9)


def test_a_quota_that_is_used_up_is_told_at_once() -> None:
    slots = MemorySlots(State(rate=14, room=5, room_beyond_reserve=0))
    assert Governed(slots=slots).process().take(4, deadline=LATER) == Grant(0, None, Shortage.QUOTA)
    transactional = Governed(slots=slots, kind=StreamKind.TRANSACTIONAL).process()
    grants = [transactional.take(4, deadline=LATER) for _ in range(3)]
    assert [grant.count for grant in grants] == [3, 2, 0]
    assert grants[2].shortage is Shortage.QUOTA


def test_a_quota_that_was_used_up_is_looked_at_again() -> None:
    governed = Governed(slots=MemorySlots(State(rate=14, room=3, room_beyond_reserve=3)))
    rate = governed.process()
    assert rate.take(10, deadline=LATER).count == 3
    governed.slots.state = replace(governed.slots.state, room=1000, room_beyond_reserve=1000)
    assert rate.take(10, deadline=LATER).count == 3


@pytest.mark.parametrize(
    "wrong",
    [
        State(rate=14, tat=NOW + 3600 * SECOND),
        State(rate=14, tat=NOW + SECOND, own_others=NOW + 3600 * SECOND),
        State(rate=14, tat=NOW + 3600 * SECOND, own_others=NOW + 3600 * SECOND),
    ],
)
def test_what_a_clock_far_ahead_wrote_is_put_right_and_told(wrong: State) -> None:
    governed = Governed(slots=MemorySlots(wrong))
    assert governed.process().take(5, deadline=LATER).count == 3
    assert len(governed.rightings) == 1
    assert after(0) <= governed.time.now() <= after(2)
    state = governed.slots.state
    assert state.tat < NOW + 3 * SECOND
    assert state.own_others < NOW + 3 * SECOND


def test_a_slot_that_was_slept_through_is_not_used() -> None:
    governed = Governed(slots=MemorySlots(State(rate=14, tat=NOW + SECOND // 4)), freezes=60)
    grant = governed.process().take(5, deadline=START + timedelta(seconds=90))
    assert grant.until is not None
    assert grant.until > governed.time.now() > START + timedelta(seconds=60)
    assert governed.slots.state.leased == 6


def test_a_slot_that_was_slept_through_until_the_deadline_is_no_grant() -> None:
    governed = Governed(slots=MemorySlots(State(rate=14, tat=NOW + SECOND // 4)), freezes=60)
    assert governed.process().take(5, deadline=LATER) == Grant(0, None, Shortage.TIME)


def test_a_governor_that_can_t_be_asked_grants_nothing() -> None:
    governed = Governed()
    governed.slots.is_unavailable = True
    with pytest.raises(GovernorUnavailableError):
        governed.process().take(1, deadline=LATER)


@dataclass
class Crowd:
    """Processes that all want more than there is, for a minute of virtual time."""

    rate: float
    senders: int
    work: float = 0.08
    slots: MemorySlots = field(init=False)
    got: list[int] = field(init=False)
    longest_wait: float = 0

    def __post_init__(self) -> None:
        self.slots = MemorySlots(State(rate=self.rate))
        self.got = [0] * self.senders
        time, dice = VirtualTime(), random.Random(7)  # noqa: S311  dice

        def send(number: int) -> None:
            terms = terms_of(StreamKind.MARKETING, transactional_share=0.2, rate=self.rate)
            rate = GovernedRate(
                self.slots,
                terms,
                clock=time,
                pause=time.pause,
                chance=dice.random,
                on_righting=lambda _: pytest.fail("nobody's clock is wrong"),
            )
            while True:
                began = time.now()
                time.pause(0.005)
                self.got[number] += rate.take(40, deadline=began + timedelta(seconds=30)).count
                self.longest_wait = max(self.longest_wait, (time.now() - began).total_seconds())
                time.pause(self.work)

        for number in range(self.senders):
            time.begin(lambda number=number: send(number), after=dice.random())  # type: ignore[misc]  # mypy can't infer it
        time.run(60)

    @property
    def used(self) -> float:
        return sum(self.got) / (60 * self.rate)

    @property
    def writes_per_lease(self) -> float:
        """In what DynamoDB charges: a consistent read costs a fifth of a write."""
        most = {14: 3, 100: 25, 500: 40}[int(self.rate)]
        return (self.slots.writes + self.slots.reads / 5) / (sum(self.got) / most)


@pytest.mark.parametrize("senders", [1, 2, 5, 10])
@pytest.mark.parametrize("rate", [14, 100, 500])
def test_many_processes_use_the_whole_rate_alike_and_waiting_costs_little(rate: float, senders: int) -> None:
    crowd = Crowd(rate, senders)
    if rate < 500 or senders > 1:  # one process has 40 threads' mails in its 85 ms
        assert crowd.used > 0.97
    assert min(crowd.got) > 0.6 * max(crowd.got)
    assert crowd.longest_wait < 6
    assert crowd.writes_per_lease < {1: 1.1, 2: 1.1, 5: 2.2, 10: 3.5}[senders]


def test_an_endless_quota_never_runs_out() -> None:
    governed = Governed(rate=500)
    rate = governed.process()
    for _ in range(100):
        assert rate.take(100, deadline=LATER).count == 100
    assert governed.slots.state.room == PLENTY - 10_000


def test_where_others_lease_all_the_time_a_process_doesn_t_try_as_if_nobody_did() -> None:
    governed = Governed(rate=500)
    rate, other = governed.process(), governed.process()
    for _ in range(20):
        rate.take(25, deadline=LATER)
        other.take(25, deadline=LATER)
        governed.time.at += timedelta(milliseconds=120)
        other.take(25, deadline=LATER)
    # One try for each lease, but for the first.
    assert governed.slots.writes <= 62
    assert governed.slots.reads == 2


def test_after_a_quiet_second_it_does() -> None:
    governed = Governed(rate=500)
    processes = [governed.process(), governed.process()]
    for turn in range(40):
        governed.time.at += timedelta(seconds=2)
        processes[turn % 2].take(25, deadline=START + timedelta(minutes=5))
    assert governed.slots.writes == 40


@pytest.mark.parametrize("back", [3, 60, 3600])
def test_a_clock_that_is_set_back_while_somebody_sleeps_keeps_nobody_for_long(back: float) -> None:
    governed = Governed(slots=MemorySlots(State(rate=14, tat=NOW + SECOND // 4)), freezes=-back)
    grant = governed.process().take(5, deadline=LATER)
    assert sum(governed.slept) < 8
    assert grant.until is not None
    assert timedelta(0) < grant.until - governed.time.now() <= timedelta(microseconds=WINDOW)


def test_whoever_waits_in_a_crowd_while_its_clock_is_set_back_waits_no_longer_for_that() -> None:
    standing = State(rate=14, tat=NOW + SECOND, own_others=NOW + SECOND)
    governed = Governed(slots=MemorySlots(standing), chance=lambda: 0.99, freezes=-3600)
    rate = governed.process()
    rate._crowded = True
    assert rate.take(5, deadline=LATER).count == 3
    assert sum(governed.slept) < 8
