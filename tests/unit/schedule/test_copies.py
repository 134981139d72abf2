"""The copies that go to the queue: when they may be seen, and how they fit into requests."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.batches import MOST_ENTRIES, split
from postroad.contract.message import MAX_BODY_BYTES
from postroad.schedule.copies import Copy, make_copy
from tests.dispatch_world import NOW, point


def copy_of(body: str, due: timedelta = timedelta()) -> Copy:
    return make_copy(point("m-1", due=NOW + due), body, first_sent=NOW, now=NOW)


@pytest.mark.parametrize(
    ("ahead", "seconds"),
    [(-3600, 0), (0, 0), (0.001, 1), (1, 1), (59.999, 60), (899.5, 900), (900, 900), (86_400, 900)],
)
def test_a_copy_is_hidden_until_it_is_due_as_far_as_sqs_can(ahead: float, seconds: int) -> None:
    assert copy_of("{}", timedelta(seconds=ahead)).delay_seconds == seconds


def test_a_body_counts_in_bytes() -> None:
    assert copy_of("王").size == copy_of("xxx").size


def test_what_a_body_says_stays_out_of_any_text() -> None:
    assert "ana@example.com" not in repr(copy_of('{"to": "ana@example.com"}'))


@given(st.lists(st.integers(0, MAX_BODY_BYTES - 200), max_size=40))
def test_every_copy_is_in_one_request_in_order_and_within_the_limits(sizes: list[int]) -> None:
    copies = [Copy(point(f"m-{place}"), "", {}, 0, size) for place, size in enumerate(sizes)]
    batches = list(split(copies))
    assert [copy for batch in batches for copy in batch] == copies
    for batch in batches:
        assert 1 <= len(batch) <= MOST_ENTRIES
        assert sum(copy.size for copy in batch) <= MAX_BODY_BYTES
