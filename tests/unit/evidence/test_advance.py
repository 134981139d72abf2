"""How far the watermark may go."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from postroad.evidence.advance import judge

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def key(seconds: int, name: str = "a") -> str:
    moment = at(seconds)
    return f"events/{moment:%Y/%m/%d/%H}/s-1-{moment:%Y-%m-%d-%H-%M-%S}-{name}"


def sends(seconds: float, stream: str = "shop") -> Mapping[str, datetime]:
    return {stream: at(seconds)}


def test_the_watermark_is_the_newest_send_of_what_is_applied() -> None:
    advance = judge([key(0), key(60)], {key(0): sends(50), key(60): sends(110)}, since=None)
    assert advance.watermarks == {"shop": at(110)}
    assert advance.frontier == at(60)
    assert advance.unapplied == ()


def test_each_stream_has_its_own() -> None:
    applied = {key(0): {"shop": at(50), "news": at(40)}, key(60): {"news": at(100)}}
    assert judge(applied, applied, since=None).watermarks == {"shop": at(50), "news": at(100)}


def test_an_object_that_is_not_applied_holds_back_what_came_after_it() -> None:
    keys = [key(0), key(60), key(120)]
    advance = judge(keys, {key(0): sends(50), key(120): sends(170)}, since=None)
    assert advance.watermarks == {"shop": at(50)}
    assert advance.frontier == at(0)
    assert advance.unapplied == ((at(60), key(60)),)


def test_objects_of_one_second_count_together_or_not_at_all() -> None:
    keys = [key(0), key(60, "a"), key(60, "b"), key(60, "c")]
    applied = {key(0): sends(50), key(60, "a"): sends(100), key(60, "c"): sends(110)}
    assert judge(keys, applied, since=None).watermarks == {"shop": at(50)}
    applied[key(60, "b")] = sends(90)
    assert judge(keys, applied, since=None).watermarks == {"shop": at(110)}


def test_no_watermark_passes_the_time_of_the_oldest_object_that_is_not_applied() -> None:
    # The first was filled until 60 s, and the second, which is not applied, from 20 s on.
    advance = judge([key(0), key(20)], {key(0): sends(58)}, since=None)
    assert advance.watermarks == {"shop": at(20)}


def test_what_lies_before_the_overlap_is_not_asked_about() -> None:
    advance = judge([key(0), key(60)], {key(60): sends(100)}, since=at(30))
    assert advance.watermarks == {"shop": at(100)}
    assert advance.unapplied == ()


def test_a_key_without_a_time_says_nothing() -> None:
    advance = judge(["events/by-hand.json"], {"events/by-hand.json": sends(1)}, since=None)
    assert (advance.watermarks, advance.frontier, advance.unapplied) == ({}, None, ())


def test_an_object_without_sends_counts_and_moves_nothing() -> None:
    advance = judge([key(0)], {key(0): {}}, since=None)
    assert (advance.watermarks, advance.frontier) == ({}, at(0))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 59), st.booleans()), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_every_mail_before_the_watermark_lies_in_an_applied_object(
    made: list[tuple[int, int, bool]], random: Random
) -> None:
    """Objects of any minutes, each with one mail sent after its key's time, some not applied."""
    mails: dict[str, datetime] = {}
    applied: dict[str, dict[str, datetime]] = {}
    for place, (start, after, is_applied) in enumerate(made):
        one = key(start * 10, str(place))
        mails[one] = at(start * 10 + after)
        if is_applied:
            applied[one] = {"shop": mails[one]}
    keys = list(mails)
    random.shuffle(keys)
    watermark = judge(keys, applied, since=None).watermarks.get("shop")
    if watermark is not None:
        assert all(sent >= watermark for one, sent in mails.items() if one not in applied)
