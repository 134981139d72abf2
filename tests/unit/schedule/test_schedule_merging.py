"""The first of several sorted shards, whatever their pages are."""

from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from postroad.schedule.keys import pointer_key
from postroad.schedule.merging import Shard, first_of
from tests.dispatch_world import NOW, point

SHARDS = st.lists(st.sets(st.integers(0, 200), max_size=30), min_size=1, max_size=6)


@given(SHARDS, st.integers(1, 60), st.integers(1, 9))
def test_they_are_the_first_of_all_and_no_more_is_read_than_needed(
    shards: list[set[int]], limit: int, page: int
) -> None:
    stored = [
        sorted(
            (pointer_key(pointer)[1], pointer)
            for number in numbers
            for pointer in [point(f"{place}-{number}", due=NOW + timedelta(milliseconds=number))]
        )
        for place, numbers in enumerate(shards)
    ]
    reads = 0

    def read(which: Iterable[Shard]) -> None:
        nonlocal reads
        for shard in which:
            reads += 1
            rest = stored[int(shard.partition)]
            begin = int(shard.next_key["at"]) if shard.next_key else 0
            shard.begun = True
            shard.entries.extend(rest[begin : begin + page])
            shard.next_key = {"at": begin + page} if begin + page < len(rest) else None

    due = first_of([Shard(str(place)) for place in range(len(stored))], limit, read)

    every = sorted((entry for rest in stored for entry in rest), key=lambda entry: entry[0])
    assert due.pointers == [pointer for _, pointer in every[:limit]]
    if len(every) > limit:
        assert due.more
    if len(every) < limit:
        assert not due.more
    assert reads <= len(stored) + sum(len(rest) for rest in stored) // page + limit // page + 1
