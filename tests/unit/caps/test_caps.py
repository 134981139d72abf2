from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.caps.deciding import Cap, Counted, caps_of, claim, give_back, renew

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ONE_A_DAY, THREE_A_WEEK = Cap(1, DAY), Cap(3, 7 * DAY)
BOTH = (ONE_A_DAY, THREE_A_WEEK)


def test_the_first_mail_goes() -> None:
    after = claim((), BOTH, message_id="m1", now=NOW)
    assert after.free_at is None
    assert after.counted == (Counted("m1", NOW),)


def test_the_second_of_a_day_waits_until_the_first_is_a_day_old() -> None:
    counted = (Counted("m1", NOW),)
    after = claim(counted, BOTH, message_id="m2", now=NOW + HOUR)
    assert after.free_at == NOW + DAY
    assert after.counted == counted
    assert claim(counted, BOTH, message_id="m2", now=NOW + DAY).free_at is None


def test_the_fourth_of_a_week_waits_for_the_longer_cap() -> None:
    counted = tuple(Counted(f"m{day}", NOW + day * DAY) for day in range(3))
    assert claim(counted, BOTH, message_id="m4", now=NOW + 3 * DAY).free_at == NOW + 7 * DAY


def test_a_message_is_counted_once_however_often_it_is_tried() -> None:
    once = claim((), BOTH, message_id="m1", now=NOW)
    again = claim(once.counted, BOTH, message_id="m1", now=NOW + HOUR)
    assert again == once


def test_what_no_cap_looks_back_to_is_forgotten() -> None:
    old = tuple(Counted(f"m{day}", NOW - day * DAY) for day in range(1, 100))
    assert len(claim(old, (Cap(10, 7 * DAY),), message_id="new", now=NOW).counted) == 7


def test_without_a_cap_nothing_is_counted() -> None:
    after = claim((Counted("m1", NOW),), (), message_id="m2", now=NOW)
    assert after.counted == ()
    assert after.free_at is None


def test_a_mail_that_did_not_go_gives_its_place_back() -> None:
    after = claim((), BOTH, message_id="m1", now=NOW)
    assert claim(give_back(after.counted, message_id="m1"), BOTH, message_id="m2", now=NOW).free_at is None


caps = st.lists(
    st.builds(Cap, st.integers(1, 4), st.integers(1, 72).map(lambda each: each * HOUR)),
    min_size=1,
    max_size=3,
)


@given(caps, st.lists(st.integers(0, 6), max_size=40))
def test_no_stretch_ever_holds_more_than_its_cap(some: list[Cap], pauses: list[int]) -> None:
    counted: tuple[Counted, ...] = ()
    sent: list[datetime] = []
    now = NOW
    for number, pause in enumerate(pauses):
        now += pause * HOUR
        after = claim(counted, some, message_id=f"m{number}", now=now)
        counted = after.counted
        if after.free_at is None:
            sent.append(now)
        else:
            assert after.free_at > now
            assert claim(counted, some, message_id="later", now=after.free_at).free_at is None
    for cap in some:
        for first in sent:
            assert sum(first <= each < first + cap.within for each in sent) <= cap.most


def test_a_mail_that_is_tried_again_is_weighed_against_the_others() -> None:
    counted = (Counted("m1", NOW), Counted("m2", NOW + DAY))
    # A day and a half after it was counted it has still not left; another one has, meanwhile.
    assert claim(counted, BOTH, message_id="m1", now=NOW + 36 * HOUR).free_at == NOW + 2 * DAY
    assert claim(counted, BOTH, message_id="m1", now=NOW + 2 * DAY).free_at is None


def test_a_mail_that_leaves_late_counts_from_when_it_leaves() -> None:
    once = claim((), BOTH, message_id="m1", now=NOW)
    late = renew(once.counted, BOTH, message_id="m1", now=NOW + 5 * HOUR)
    assert late.counted == (Counted("m1", NOW + 5 * HOUR),)
    assert claim(late.counted, BOTH, message_id="m2", now=NOW + DAY).free_at == NOW + DAY + 5 * HOUR


def test_what_can_not_leave_late_stays_counted_as_it_was() -> None:
    counted = (Counted("m1", NOW), Counted("m2", NOW + DAY))
    late = renew(counted, BOTH, message_id="m1", now=NOW + 36 * HOUR)
    assert (late.counted, late.free_at) == (counted, NOW + 2 * DAY)


def test_the_caps_of_a_category_are_read_by_their_periods() -> None:
    assert caps_of({"per_week": 3, "per_day": 1}) == BOTH
    assert caps_of({"per_month": 8}) == (Cap(8, 30 * DAY),)
    assert caps_of({}) == ()
