"""Whatever senders ask in whatever order: SES's rate holds, none of it is wasted, and nobody is starved."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.words import StreamKind
from postroad.governor.grant import Shortage
from postroad.governor.leasing import Step, Terms, Wait, begins_at, next_step, terms_of
from postroad.governor.pace import BURST, JITTER, SECOND, micros, moment_of, pace_of
from postroad.governor.state import Lane, Move, State, applied
from postroad.local.simulator.account import Account, Knobs

START = micros(datetime(2026, 11, 22, 14, 0, tzinfo=UTC))
FAR = START + 10**6 * SECOND

RATES = st.one_of(
    st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 7.9, 8.0, 14.0, 100.0, 500.0, 10_000.0]),
    st.floats(min_value=0.2, max_value=20_000),
)


def terms(kind: StreamKind, rate: float, share: float = 0.2) -> Terms:
    return terms_of(kind, transactional_share=share, rate=rate)


@dataclass(frozen=True)
class Ask:
    """Somebody asks, `gap` of the longest slot after the last one who did."""

    gap: float
    kind: StreamKind
    count: int
    leave: float
    """When its mails leave, from the earliest moment to the latest."""
    way: float
    """How long their way to SES is, from the shortest to the longest."""


ASKS = st.lists(
    st.builds(
        Ask,
        gap=st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 1.5, 4.0, 9.0]),
        kind=st.sampled_from(list(StreamKind)),
        count=st.integers(1, 60),
        leave=st.sampled_from([0.0, 0.0, 0.5, 1.0, 1.0]),
        way=st.sampled_from([0.0, 0.0, 1.0]),
    ),
    min_size=1,
    max_size=40,
)


def ask(state: State, its: Terms, count: int, now: int) -> tuple[State, Move] | None:
    """Lease by what stands, or return None."""
    step: Step = next_step(state, its, count, now=now, latest=FAR)
    if not isinstance(step, Move):
        return None
    after = applied(state, step)
    assert after is not None, "what is tried by what stands is done"
    return after, step


def arrivals(rate: float, asks: list[Ask], share: float) -> list[int]:
    """Return when each mail reaches SES."""
    state, now = State(rate=rate), START
    pace = pace_of(rate)
    found: list[int] = []
    for each in asks:
        now += int(each.gap * pace.longest)
        leased = ask(state, terms(each.kind, rate, share), each.count, now)
        if leased is None:
            continue
        state, move = leased
        begins = begins_at(move, state)
        first, last = max(now, begins), begins + pace.window - 1
        left = first + int(each.leave * (last - first))
        found += [left + int(each.way * JITTER)] * move.count
    return sorted(found)


def refused(rate: float, found: list[int]) -> int:
    """Return how many of these SES refuses."""
    account = Account(Knobs(rate=rate))
    return sum(account.refuses(1, counted=0, now=moment_of(at)) is not None for at in found)


@given(RATES, ASKS, st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_ses_refuses_nothing_whenever_the_mails_of_a_slot_leave(
    rate: float, asks: list[Ask], share: float
) -> None:
    assert refused(rate, arrivals(rate, asks, share)) == 0


@given(st.floats(min_value=1.7, max_value=20_000), ASKS, st.sampled_from([0.0, 0.2, 1.0]))
def test_in_any_window_there_is_no_more_than_the_rate_brings_and_a_second_s_burst(
    rate: float, asks: list[Ask], share: float
) -> None:
    found = Counter(arrivals(rate, asks, share))
    for begin in found:
        arrived = 0
        for at, count in found.items():
            if at >= begin:
                arrived += count
                assert arrived <= rate * (at - begin + BURST) / SECOND + 1e-6


@given(st.lists(ASKS, min_size=2, max_size=3), st.sampled_from([14.0, 20.0, 100.0, 1000.0]))
def test_stages_that_share_an_account_stay_within_its_rate_together(
    of_stages: list[list[Ask]], rate: float
) -> None:
    share = 1 / len(of_stages)
    found = [at for asks in of_stages for at in arrivals(rate * share, asks, 0.2)]
    assert refused(rate, sorted(found)) == 0


def used(rate: float, kinds: list[StreamKind], seconds: int, share: float = 0.2) -> dict[StreamKind, float]:
    """Return how much of the rate each kind gets that asks all the time, the first in the list first."""
    state, got = State(rate=rate), dict.fromkeys(kinds, 0)
    pace = pace_of(rate)
    now = START
    while now < START + seconds * SECOND:
        for kind in kinds:
            while (leased := ask(state, terms(kind, rate, share), 10_000, now)) is not None:
                state, move = leased
                got[kind] += move.count
        now += pace.longest // 4
    return {kind: count / (rate * seconds) for kind, count in got.items()}


@given(st.floats(min_value=2, max_value=20_000), st.sampled_from(list(StreamKind)))
def test_an_idle_rate_is_used_in_full_by_whoever_has_work(rate: float, kind: StreamKind) -> None:
    share = used(rate, [kind], 15)[kind]
    assert 0.95 * pace_of(rate).most * SECOND / (rate * pace_of(rate).longest) <= share <= 1.1


@given(
    st.sampled_from([5.0, 14.0, 100.0, 1000.0]),
    st.permutations(list(StreamKind)),
    st.sampled_from([0.1, 0.2, 0.5, 0.8]),
)
def test_in_a_flood_of_both_each_gets_its_own_share(
    rate: float, kinds: list[StreamKind], share: float
) -> None:
    got = used(rate, kinds, 40, share)
    assert got[StreamKind.TRANSACTIONAL] >= 0.94 * share
    assert got[StreamKind.MARKETING] >= 0.94 * (1 - share)
    assert sum(got.values()) == pytest.approx(1, abs=0.05)


@given(st.floats(min_value=4, max_value=20_000), ASKS, st.integers(1, 60))
def test_transactional_mail_within_its_share_is_leased_at_once_whatever_others_did(
    rate: float, asks: list[Ask], count: int
) -> None:
    state, now = State(rate=rate), START
    for each in asks:
        now += int(each.gap * pace_of(rate).longest)
        if (leased := ask(state, terms(each.kind, rate), each.count, now)) is not None:
            state = leased[0]
        if state.own_transactional <= now:
            own = ask(state, terms(StreamKind.TRANSACTIONAL, rate), count, now)
            assert own is not None
            assert begins_at(own[1], own[0]) <= now + SECOND


@given(RATES, ASKS, st.integers(0, 50), st.integers(0, 60))
def test_the_quota_is_never_exceeded_and_the_reserve_is_for_transactional_mail(
    rate: float, asks: list[Ask], room: int, reserve: int
) -> None:
    state, now = State(rate=rate, room=room, room_beyond_reserve=room - reserve), START
    got = dict.fromkeys(StreamKind, 0)
    for each in asks:
        now += int(each.gap * pace_of(rate).longest)
        if (leased := ask(state, terms(each.kind, rate), each.count, now)) is not None:
            state = leased[0]
            got[each.kind] += leased[1].count
    assert sum(got.values()) <= room
    assert got[StreamKind.MARKETING] <= max(0, room - reserve)
    assert state.leased == sum(got.values())


@given(RATES, st.integers(0, 3 * SECOND), st.integers(0, 5 * SECOND), st.sampled_from(list(StreamKind)))
def test_who_waits_until_it_is_told_to_gets_its_slot(
    rate: float, ahead: int, own: int, kind: StreamKind
) -> None:
    state = State(rate=rate, tat=START + ahead, own_transactional=START + own, own_others=START + own)
    step = next_step(state, terms(kind, rate), 5, now=START, latest=FAR)
    if isinstance(step, Wait):
        assert step.until > START
        step = next_step(state, terms(kind, rate), 5, now=step.until, latest=FAR)
    assert isinstance(step, Move)
    assert applied(state, step) is not None


def test_a_slot_beyond_the_deadline_is_not_leased() -> None:
    its = terms(StreamKind.MARKETING, 14)
    state = State(rate=14, tat=START + SECOND // 4)
    assert next_step(state, its, 1, now=START, latest=START + SECOND // 5) is Shortage.TIME
    assert next_step(State(rate=14), its, 1, now=START, latest=START - 1) is Shortage.TIME
    step = next_step(state, its, 1, now=START, latest=START + SECOND // 4)
    assert isinstance(step, Move)
    assert applied(State(rate=14, tat=state.tat + 1), step) is None


@pytest.mark.parametrize("lane", Lane)
def test_without_a_share_of_its_own_a_lane_lives_on_what_the_other_leaves(lane: Lane) -> None:
    its = Terms(lane=lane, share=0, rate=14)
    assert isinstance(next_step(State(rate=14), its, 1, now=START, latest=FAR), Move)
    crowded = State(rate=14, tat=START + 600_000)
    assert next_step(crowded, its, 1, now=START, latest=FAR) == Wait(START + 100_000)


@pytest.mark.parametrize(
    ("rate", "most", "window_ms", "longest_ms"),
    [
        (0.5, 1, 200, 2400),
        (1, 1, 200, 1400),
        (2, 1, 300, 500),
        (4, 1, 500, 250),
        (14, 3, 536, 215),
        (100, 25, 500, 250),
        (500, 100, 550, 200),
        (10_000, 100, 740, 10),
    ],
)
def test_slots_by_rate(rate: float, most: int, window_ms: int, longest_ms: int) -> None:
    pace = pace_of(rate)
    assert (pace.most, round(pace.window / 1000), round(pace.longest / 1000 + 0.499)) == (
        most,
        window_ms,
        longest_ms,
    )


def test_moments_come_back_as_they_were() -> None:
    at = datetime(2026, 11, 22, 14, 0, 0, 123_456, tzinfo=UTC)
    assert moment_of(micros(at)) == at
    assert micros(at + timedelta(microseconds=1)) == micros(at) + 1
