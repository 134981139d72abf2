"""Who engaged with a mail: what is kept of it, and what is read off that."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.ledger.engagement import (
    CLICKED,
    LINKS_IF_UNKNOWN,
    MACHINE_CLICKED,
    MACHINE_OPENED,
    MOST_LINKS,
    MOST_MOMENTS,
    NOTHING_SEEN,
    OPENED,
    Engagement,
)
from postroad.ledger.item import from_item, to_item
from postroad.ledger.row import Row
from tests.event_objects import claimed

T0 = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
Seen = tuple[float, str, bool]
"""When in seconds, which link ("" is the pixel), and whether a machine said that it was one."""


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def after(seen: Iterable[Seen]) -> Engagement:
    now = NOTHING_SEEN
    for seconds, link, is_machine in seen:
        if link:
            now = now.with_click(at(seconds), link, is_machine=is_machine)
        else:
            now = now.with_open(at(seconds), is_machine=is_machine)
    return now


def times(*seen: Seen, links: int = 0) -> dict[str, float]:
    found = after(seen).times(links)
    return {word: (when - T0).total_seconds() for word, when in found.items()}


def pixel(seconds: float, *, machine: bool = False) -> Seen:
    return (seconds, "", machine)


def click(seconds: float, link: str = "one", *, machine: bool = False) -> Seen:
    return (seconds, link, machine)


def burst(seconds: float, links: int) -> list[Seen]:
    """Return what a gateway does that passes for a browser: the pixel, then so many links in 0.8 seconds."""
    clicks = [click(seconds + 0.12 + 0.8 * one / links, f"link-{one}") for one in range(links)]
    return [pixel(seconds), *clicks]


def test_the_first_of_each_kind_counts() -> None:
    assert times(pixel(300), pixel(60), click(90), click(70, "two")) == {OPENED: 60, CLICKED: 70}


def test_a_machine_that_says_so_is_kept_apart_from_people() -> None:
    seen = times(pixel(1, machine=True), click(2, machine=True), pixel(400), click(420))
    assert seen == {MACHINE_OPENED: 1, MACHINE_CLICKED: 2, OPENED: 400, CLICKED: 420}


@pytest.mark.parametrize("links", [2, 3, 4, 5, 6, 12, 40])
def test_nearly_all_links_within_seconds_of_the_pixel_are_a_machine(links: int) -> None:
    (_, *clicks) = burst(43, links)
    assert times(pixel(43), *clicks, links=links) == {MACHINE_OPENED: 43, MACHINE_CLICKED: 43.12}
    if links >= 5:
        assert times(pixel(43), *clicks[:-1], links=links) == {MACHINE_OPENED: 43, MACHINE_CLICKED: 43.12}


@pytest.mark.parametrize("links", [2, 3, 4, 40])
def test_some_links_are_a_person(links: int) -> None:
    (_, *clicks) = burst(43, links)
    some = clicks[: min(links, MOST_LINKS) - 1]
    assert times(pixel(43), *some, links=links) == {OPENED: 43, CLICKED: 43.12}


def test_the_only_link_is_clicked_by_people_too() -> None:
    assert times(*burst(43, 1), links=1) == {OPENED: 43, CLICKED: 43.12}


def test_all_links_one_after_the_other_are_a_person() -> None:
    clicks = [click(60 + 6 * one, f"link-{one}") for one in range(3)]
    assert times(pixel(58), *clicks, links=3) == {OPENED: 58, CLICKED: 60}


def test_one_link_many_times_is_no_burst() -> None:
    clicks = [click(60 + one / 10) for one in range(9)]
    assert times(pixel(58), *clicks, links=2) == {OPENED: 58, CLICKED: 60}


def test_two_links_at_once_without_a_pixel_are_a_person() -> None:
    assert times(click(60), click(61, "two"), links=2) == {CLICKED: 60}


def test_a_mail_whose_links_nobody_counted_needs_three() -> None:
    assert times(*burst(43, LINKS_IF_UNKNOWN - 1)) == {OPENED: 43, CLICKED: 43.12}
    assert MACHINE_CLICKED in times(*burst(43, LINKS_IF_UNKNOWN))


def test_a_burst_is_seen_across_the_border_of_two_moments() -> None:
    (_, *clicks) = burst(49.6, 4)
    assert {second < 50 for second, _, _ in clicks} == {True, False}
    assert times(pixel(49.6), *clicks, links=4).keys() == {MACHINE_OPENED, MACHINE_CLICKED}


def test_who_reads_the_mail_after_a_scanner_did_is_seen() -> None:
    seen = times(*burst(43, 12), pixel(3_600), click(3_620, "link-3"), links=12)
    assert seen == {MACHINE_OPENED: 43, MACHINE_CLICKED: 43.12, OPENED: 3_600, CLICKED: 3_620}


def test_the_last_event_of_a_burst_makes_a_machine_of_what_passed_for_a_person() -> None:
    *most, last = burst(43, 3)
    assert times(*most, links=3).keys() == {OPENED, CLICKED}
    assert times(*most, last, links=3).keys() == {MACHINE_OPENED, MACHINE_CLICKED}


def test_what_adds_nothing_gives_back_the_same() -> None:
    seen = after([*burst(43, 4), pixel(100, machine=True), click(100, machine=True)])
    assert seen.with_open(at(43.2), is_machine=False) == seen
    assert seen.with_open(at(200), is_machine=True) == seen
    assert seen.with_click(at(44), "link-0", is_machine=False) == seen
    assert seen.with_click(at(101), "link-9", is_machine=True) == seen


def test_however_much_happens_little_is_kept() -> None:
    seen = after([one for hour in range(50) for one in burst(3_600 * hour, 40)])
    assert len(seen.opens) == MOST_MOMENTS
    assert len(seen.clicks) <= MOST_MOMENTS * MOST_LINKS
    assert seen.times(40).keys() == {MACHINE_OPENED, MACHINE_CLICKED}


ACTS = st.tuples(
    st.integers(0, 45).map(lambda tick: tick * 1.7),
    st.sampled_from(["", "", "one", "two", "three", "four", "five", "six"]),
    st.booleans(),
)


@given(st.lists(ACTS, max_size=30), st.randoms(use_true_random=False))
def test_order_and_copies_never_matter(seen: list[Seen], random: Random) -> None:
    shuffled = seen + random.choices(seen, k=5) if seen else []
    random.shuffle(shuffled)
    assert after(seen) == after(shuffled)


def test_every_order_of_a_burst_and_a_reader_is_the_same() -> None:
    seen = [*burst(43, 3), pixel(600), click(620)]
    ends = {after(order) for order in permutations(seen)}
    assert len(ends) == 1


@given(st.lists(ACTS, max_size=30), st.integers(0, 12))
def test_an_item_holds_it_whole(seen: list[Seen], links: int) -> None:
    row: Row = claimed("m-1", engagement=after(seen), links=links)
    assert from_item(to_item(row)) == row
    assert from_item(to_item(row)).engaged == row.engaged
