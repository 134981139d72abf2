"""What SES says of quota and rate, and what senders may lease by it."""

import math
from dataclasses import dataclass, field, replace

import pytest

from postroad.account.memory import MemoryAccount
from postroad.account.ports import UNLIMITED, Quota
from postroad.clock import FixedClock
from postroad.errors import TransientError
from postroad.governor.allowance import Allowance
from postroad.governor.memory import MemorySlots
from postroad.governor.pace import SECOND, micros
from postroad.governor.reading import Stage
from postroad.governor.state import PLENTY, Lane, State
from tests.virtual_time import START

NOW = micros(START)
ALONE = Stage(share=1, rate=0, reserve=0.1)
LANES = {"transactional": Lane.TRANSACTIONAL, "marketing": Lane.OTHERS}


def quota(sent: float, *, of: float = 50_000, rate: float = 14) -> Quota:
    return Quota(max_24_hours=of, per_second=rate, sent_24_hours=sent)


@dataclass
class World:
    """A stage of an account."""

    stage: Stage = ALONE
    account: MemoryAccount = field(default_factory=lambda: MemoryAccount(quota(10_000)))
    slots: MemorySlots = field(default_factory=MemorySlots)
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    asked: int = 0

    def allowance(self) -> Allowance:
        return Allowance(account=self, slots=self.slots, clock=self.clock, stage=self.stage, lanes=LANES)

    def read(self) -> Quota:
        self.asked += 1
        return self.account.read()


def test_what_ses_leaves_is_room_and_the_reserve_is_kept_for_transactional_mail() -> None:
    world = World()
    assert world.allowance().learn() == 14
    assert world.slots.state == State(rate=14, room=40_000, room_beyond_reserve=35_000, read_at=NOW)


def test_a_stage_has_its_share_of_the_rate_and_of_what_the_quota_leaves() -> None:
    world = World(stage=Stage(share=0.25, rate=0, reserve=0.1))
    assert world.allowance().learn() == 3.5
    state = world.slots.state
    assert (state.rate, state.room, state.room_beyond_reserve) == (3.5, 10_000, 8_750)


@pytest.mark.parametrize(
    ("configured", "of_ses", "rate"), [(0, 14, 14), (5, 14, 5), (100, 14, 14), (5, 0, 5), (0, 0, 1)]
)
def test_the_rate_is_ses_s_and_never_more_than_the_configured_one(
    configured: float, of_ses: float, rate: float
) -> None:
    world = World(stage=Stage(share=1, rate=configured, reserve=0))
    world.account.quota = quota(0, rate=of_ses)
    assert world.allowance().learn() == rate


def test_a_quota_without_end_has_none() -> None:
    world = World(account=MemoryAccount(quota(70_000, of=UNLIMITED)))
    allowance = world.allowance()
    allowance.learn()
    assert (world.slots.state.room, world.slots.state.room_beyond_reserve) == (PLENTY, PLENTY)
    assert allowance.has_room("marketing")


def test_what_was_leased_before_ses_was_asked_and_may_not_have_arrived_is_taken_off() -> None:
    world = World(slots=MemorySlots(State(rate=100, tat=NOW + SECOND // 2, leased=500)))
    world.account.quota = quota(10_000, rate=100)
    world.allowance().learn()
    # Until half a second from now the rate is leased, and a slot is open for 0.5 + 0.2 s.
    assert world.slots.state.room == 40_000 - 120


def test_where_nobody_has_sent_for_a_while_nothing_is_taken_off() -> None:
    world = World(slots=MemorySlots(State(rate=100, tat=NOW - SECOND, leased=500)))
    world.allowance().learn()
    assert world.slots.state.room == 40_000


def test_what_is_leased_while_ses_is_asked_is_taken_off() -> None:
    world = World(slots=MemorySlots(State(rate=100, leased=500)))

    def read() -> Quota:
        world.slots.state = replace(world.slots.state, leased=530)
        return quota(10_000)

    world.account.read = read  # type: ignore[method-assign]  # others lease meanwhile
    world.allowance().learn()
    assert world.slots.state.room == 40_000 - 30


def test_ses_that_can_t_be_asked_changes_nothing() -> None:
    standing = State(rate=14, room=7, room_beyond_reserve=3, leased=20)
    world = World(slots=MemorySlots(standing))
    world.account.quota = None
    with pytest.raises(TransientError):
        world.allowance().learn()
    assert world.slots.state == standing
    assert world.allowance().presumed_rate == 1


@pytest.mark.parametrize(
    ("sent", "transactional", "marketing"),
    [
        (50_000, False, False),
        (49_501, False, False),
        (49_500, True, False),
        (45_000, True, False),
        (44_551, True, False),
        (44_550, True, True),
    ],
)
def test_a_stream_begins_again_once_its_own_kind_of_mail_has_room(
    sent: float, *, transactional: bool, marketing: bool
) -> None:
    world = World(account=MemoryAccount(quota(sent)))
    allowance = world.allowance()
    assert allowance.has_room("transactional") is transactional
    assert allowance.has_room("marketing") is marketing
    assert world.asked == 1


def test_an_answer_of_the_minute_before_is_not_good_enough() -> None:
    world = World(account=MemoryAccount(quota(50_000)))
    allowance = world.allowance()
    assert not allowance.has_room("marketing")
    world.account.quota = quota(0)
    world.clock.at = START.replace(minute=1)
    assert allowance.has_room("marketing")


def test_a_reading_that_a_clock_far_ahead_wrote_is_replaced_by_the_next() -> None:
    ahead = State(rate=3, room=0, room_beyond_reserve=0, read_at=NOW + 365 * 86_400 * SECOND)
    world = World(slots=MemorySlots(ahead))
    world.allowance().learn()
    assert world.slots.state == State(rate=14, room=40_000, room_beyond_reserve=35_000, read_at=NOW)


@pytest.mark.parametrize("of_ses", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_none_is_not_taken_for_one(of_ses: float) -> None:
    world = World()
    world.account.quota = quota(0, rate=of_ses)
    assert world.allowance().learn() == 1


@pytest.mark.parametrize("reserve", [0.0, 0.5, 0.995])
def test_with_a_fresh_quota_every_stream_begins_again_that_may_ever_send(reserve: float) -> None:
    world = World(stage=Stage(share=1, rate=0, reserve=reserve), account=MemoryAccount(quota(0)))
    allowance = world.allowance()
    assert allowance.has_room("marketing")
    assert allowance.has_room("transactional")


@pytest.mark.parametrize("left", [1, 2, 3, 10, 200])
def test_a_sandbox_s_stream_begins_again_with_a_mail_or_two(left: int) -> None:
    world = World(account=MemoryAccount(quota(200 - left, of=200, rate=1)))
    assert world.allowance().has_room("transactional") is (left >= 2)
