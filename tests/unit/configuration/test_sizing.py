"""What follows from the account's rate: copies, batches, windows, threads and memory of send."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.configuration.limits import Timing
from postroad.configuration.sizing import (
    ASSUMED_RATE,
    LEAST_COPIES,
    LEAST_MEBIBYTES,
    MAIL_CPU_SECONDS,
    MOST_IN_A_BATCH,
    MOST_WITHOUT_WINDOW,
    PLANNED,
    SURE,
    VCPU_MEBIBYTES,
    WAIT_SECONDS,
    Sizing,
    Wanted,
    copy_per_second,
    feedback_copies,
    fits,
    room_seconds,
    shares,
    sizes,
    usable,
)
from postroad.governor.leasing import UNKNOWN_RATE
from postroad.sending.batch import BYTES_IN_FLIGHT

TWO = {"transactional": Wanted(is_transactional=True), "marketing": Wanted(is_transactional=False)}

rates = st.floats(min_value=0.05, max_value=20_000)
parts = st.floats(min_value=0, max_value=0.9)
counts = st.one_of(st.none(), st.integers(min_value=2, max_value=1000))
few_streams = st.dictionaries(
    st.sampled_from("abcd"), st.builds(Wanted, is_transactional=st.booleans()), min_size=1
)
streams = st.dictionaries(
    st.sampled_from("abcdefghijklmno"), st.builds(Wanted, is_transactional=st.booleans()), min_size=1
)


def made(
    rate: float, wanted: dict[str, Wanted] = TWO, *, share: float = 0.2, room: float = WAIT_SECONDS
) -> dict[str, Sizing]:
    return sizes(wanted, rate=rate, transactional_share=share, room=room)


@pytest.mark.parametrize(
    ("rate", "expected"),
    # copies, batch, window, threads, memory of marketing, which is sure of 0.56 of the rate
    [
        (1, (2, 6, 0, 6, 768)),
        (2, (2, 16, 1, 10, 768)),
        (5, (2, 42, 1, 10, 768)),
        (14, (2, 100, 1, 10, 768)),
        (100, (2, 100, 1, 50, 768)),
        (250, (2, 100, 1, 50, 1344)),
        (1_000, (6, 100, 1, 50, 1769)),
        (10_000, (60, 100, 1, 50, 1769)),
    ],
)
def test_the_usual_rates_have_these_sizes(rate: float, expected: tuple[int, ...]) -> None:
    sizing = made(rate)["marketing"]

    assert (
        sizing.maximum_concurrency,
        sizing.batch_size,
        sizing.batching_window_seconds,
        sizing.threads,
        sizing.memory_mebibytes,
    ) == expected


@given(rate=rates, share=parts, wanted=streams, room=st.floats(min_value=1, max_value=30))
def test_nothing_waits_longer_than_its_room_where_a_smaller_batch_would_help(
    rate: float, share: float, wanted: dict[str, Wanted], room: float
) -> None:
    for sizing in made(rate, wanted, share=share, room=room).values():
        assert fits(sizing.wait_seconds, room) or sizing.batch_size == 1


@given(rate=rates, share=st.floats(min_value=0.1, max_value=0.9), wanted=few_streams)
def test_every_stream_alone_can_use_the_whole_rate(
    rate: float, share: float, wanted: dict[str, Wanted]
) -> None:
    for sizing in made(rate, wanted, share=share).values():
        assert sizing.most_per_second >= min(rate, 1000 * copy_per_second(50, VCPU_MEBIBYTES)) * 0.999


@given(rate=rates, share=parts, wanted=streams)
def test_what_follows_is_what_lambda_takes(rate: float, share: float, wanted: dict[str, Wanted]) -> None:
    for sizing in made(rate, wanted, share=share).values():
        assert LEAST_COPIES <= sizing.maximum_concurrency <= 1000
        assert 1 <= sizing.batch_size <= MOST_IN_A_BATCH
        assert sizing.batching_window_seconds >= (sizing.batch_size > MOST_WITHOUT_WINDOW)
        assert 1 <= sizing.threads <= min(sizing.batch_size, 50)
        assert LEAST_MEBIBYTES <= sizing.memory_mebibytes <= VCPU_MEBIBYTES


@given(
    rate=rates,
    share=st.floats(min_value=0, max_value=1),
    copies=st.dictionaries(st.sampled_from("abcdef"), st.integers(min_value=2, max_value=100), min_size=1),
    kinds=st.frozensets(st.sampled_from("abcdef")),
)
def test_shares_are_no_more_than_the_rate(
    rate: float, share: float, copies: dict[str, int], kinds: frozenset[str]
) -> None:
    transactional = frozenset(kinds & copies.keys())
    found = shares(copies, transactional, rate=rate, transactional_share=share)

    assert sum(found.values()) <= usable(rate) * (1 + 1e-9)
    assert usable(rate) <= rate * (1 + 1e-9)
    if transactional and transactional != copies.keys():
        assert sum(found[name] for name in transactional) == pytest.approx(usable(rate) * share)


def test_transactional_streams_have_their_share_and_the_others_most_of_the_rest() -> None:
    found = shares({"a": 2, "b": 2, "c": 2}, frozenset("a"), rate=10, transactional_share=0.2)

    assert found == pytest.approx({"a": 2, "b": 4 * SURE, "c": 4 * SURE})


@pytest.mark.parametrize("kinds", [frozenset(), frozenset("ab")])
def test_streams_of_one_kind_have_the_whole_rate(kinds: frozenset[str]) -> None:
    found = shares({"a": 2, "b": 2}, kinds, rate=10, transactional_share=0.2)

    assert found == pytest.approx({"a": 5, "b": 5})


def test_one_mail_a_second_is_not_granted_in_full() -> None:
    """SES counts the second mail within a second against such an account, so slots are kept apart."""
    assert usable(1) == pytest.approx(1 / 1.4)
    assert usable(2) == pytest.approx(2)


def test_a_stream_with_more_copies_has_more_of_the_rest() -> None:
    found = shares({"a": 2, "b": 6}, frozenset(), rate=8, transactional_share=0.2)

    assert found == pytest.approx({"a": 2, "b": 6})


def test_a_stream_that_others_may_starve_waits_for_ever_and_has_the_smallest_batch() -> None:
    marketing = made(14, share=1)["marketing"]

    assert (marketing.share, marketing.wait_seconds, marketing.batch_size) == (0, inf, 1)


@given(concurrency=counts, batch=counts, window=counts, threads=counts)
def test_what_is_set_by_hand_stays(
    concurrency: int | None, batch: int | None, window: int | None, threads: int | None
) -> None:
    wanted = Wanted(
        is_transactional=True,
        maximum_concurrency=concurrency,
        batch_size=batch,
        batching_window_seconds=window,
        threads=threads,
    )
    sizing = made(14, {"one": wanted})["one"]

    assert concurrency in {None, sizing.maximum_concurrency}
    assert batch in {None, sizing.batch_size}
    assert window in {None, sizing.batching_window_seconds}
    assert threads in {None, sizing.threads}


def test_more_copies_by_hand_make_smaller_batches() -> None:
    by_hand = {**TWO, "marketing": Wanted(is_transactional=False, maximum_concurrency=10)}
    sizing = made(14, by_hand)["marketing"]

    assert sizing.batch_size == 23  # 30 s × 7.84 ÷ 10
    assert fits(sizing.wait_seconds, WAIT_SECONDS)


def test_no_window_by_hand_makes_batches_that_lambda_takes_without() -> None:
    by_hand = {"one": Wanted(is_transactional=True, batching_window_seconds=0)}

    assert made(500, by_hand)["one"].batch_size == MOST_WITHOUT_WINDOW


def test_a_short_timeout_leaves_less_room_and_makes_smaller_batches() -> None:
    room = room_seconds(timeout=20, connect_timeout=1, read_timeout=5)

    assert room == 11  # less 2 to begin, and 1 + 5 + 1 for the last request
    assert made(14, room=room)["marketing"].batch_size == 43  # 11 s × 7.84 ÷ 2


def test_a_long_timeout_makes_nobody_wait_longer() -> None:
    assert room_seconds(timeout=900, connect_timeout=2, read_timeout=10) == WAIT_SECONDS


@pytest.mark.parametrize(("timeout", "read"), [(20, 10), (60, 50), (900, 300), (9, 0.5)])
def test_the_shortest_timeout_that_is_taken_leaves_room_for_a_request(timeout: int, read: float) -> None:
    connect = 2.0 if timeout > 9 else 0.5
    timing = Timing.model_validate(
        {
            "send_timeout_seconds": timeout,
            "lease_seconds": timeout + 1,
            "ses_connect_timeout_seconds": connect,
            "ses_read_timeout_seconds": read,
            "evidence_seconds": 400,
        }
    )
    assert timing.send_room_seconds >= 5


def test_a_timeout_without_room_makes_batches_of_one() -> None:
    room = room_seconds(timeout=3, connect_timeout=1, read_timeout=1)

    assert room == 0
    assert made(14, room=room)["marketing"].batch_size == 1


def test_the_least_memory_holds_the_attachments_in_flight_while_they_are_sent() -> None:
    """The budget may be passed by one message's 25 MB; each is there as bytes, base64 and request."""
    in_flight = BYTES_IN_FLIGHT + 25_000_000
    base64 = in_flight * 4 / 3

    assert 100e6 + in_flight + 2 * base64 < LEAST_MEBIBYTES * 2**20


@given(rate=rates)
def test_memory_brings_the_cpu_that_its_part_of_the_rate_takes(rate: float) -> None:
    sizing = made(rate)["marketing"]
    vcpu = sizing.memory_mebibytes / VCPU_MEBIBYTES

    assert rate / sizing.maximum_concurrency * MAIL_CPU_SECONDS <= vcpu * PLANNED * 1.001 or vcpu == 1


@pytest.mark.parametrize(("rate", "copies"), [(1, 2), (200, 2), (201, 3), (10_000, 100), (1_000_000, 1000)])
def test_feedback_has_copies_for_the_events_of_the_rate(rate: float, copies: int) -> None:
    assert feedback_copies(rate) == copies


def test_an_unknown_rate_is_the_governors_too() -> None:
    assert ASSUMED_RATE == UNKNOWN_RATE
