"""Carries rows into a store: many at once, in memory that doesn't depend on how many there are."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from postroad.cli.lists.problems import RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Row = TypeVar("Row")
Done = TypeVar("Done")
Taken_contra = TypeVar("Taken_contra", contravariant=True)

BATCH = 100
"""As many rows as one BatchGetItem reads."""
_WAITING = 2
"""Batches read ahead per thread, so that none waits for the file."""


class Tally(Protocol[Taken_contra]):
    """What became of the rows so far: one of its counts for each, or still on its way."""

    rows: int
    invalid: int

    @property
    def done(self) -> int:
        """Return how many rows are behind us, and were right."""
        ...

    def take(self, done: Taken_contra, /) -> Sequence[RowProblem]:
        """Count a batch, and return those of it that turned out wrong; they are counted by the caller."""
        ...

    def report(self) -> dict[str, Any]:
        """Return `rows`, the counts by name, and whatever else is to be told, as a JSON object."""
        ...


def carry(
    rows: Iterable[Row | RowProblem],
    take: Callable[[list[Row]], Done],
    *,
    tally: Tally[Done],
    threads: int,
    on_problem: Callable[[RowProblem], object],
    on_progress: Callable[[], object],
) -> None:
    """Give each row to `take`, in batches and several at once; one that is wrong goes to `on_problem` alone.

    All are counted in `tally`. `on_progress` is called after each batch, in this thread. Whatever ends it
    early (the store's errors, an interrupt) is raised after the batches under way have ended, with the tally
    up to date.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="import")
    under_way: deque[Future[Done]] = deque()

    def count(done: Done) -> None:
        for problem in tally.take(done):
            tally.invalid += 1
            on_problem(problem)

    def finish(*, most: int) -> None:
        while len(under_way) > most:
            done = under_way[0].result()
            under_way.popleft()
            count(done)
            on_progress()

    sound = _sound(rows, tally, on_problem)
    try:
        while batch := list(islice(sound, BATCH)):
            under_way.append(pool.submit(take, batch))
            finish(most=_WAITING * threads)
        finish(most=0)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        # Some were done although another one failed.
        for future in under_way:
            if not future.cancelled() and future.exception() is None:
                count(future.result())


def _sound(
    rows: Iterable[Row | RowProblem], tally: Tally[Any], on_problem: Callable[[RowProblem], object]
) -> Iterator[Row]:
    for row in rows:
        tally.rows += 1
        if isinstance(row, RowProblem):
            tally.invalid += 1
            on_problem(row)
        else:
            yield row
