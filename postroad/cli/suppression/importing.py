"""Carries rows into the suppressions: many at once, in memory that doesn't depend on how many there are."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.cli.suppression.rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postroad.suppression.model import NewSuppression
    from postroad.suppression.ports import SuppressionStore

BATCH = 100
"""As many addresses as one BatchGetItem reads."""
_WAITING = 2
"""Batches read ahead per thread, so that none waits for the file."""


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: `added`, `standing` already, `invalid`, or still on their way."""

    rows: int = 0
    added: int = 0
    standing: int = 0
    invalid: int = 0


def carry(
    rows: Iterable[NewSuppression | RowProblem],
    store: SuppressionStore,
    *,
    tally: Tally,
    threads: int,
    write: bool,
    on_problem: Callable[[RowProblem], object],
    on_progress: Callable[[], object],
) -> None:
    """Take each row to the store, and count in `tally`; a row that is wrong goes to `on_problem` alone.

    `on_progress` is called after each batch, in this thread. Whatever ends it early (the store's errors, an
    interrupt) is raised after the batches under way have ended, with the tally up to date.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="import")
    under_way: deque[Future[list[bool]]] = deque()

    def take(*, most: int) -> None:
        while len(under_way) > most:
            results = under_way[0].result()
            under_way.popleft()
            tally.added += sum(results)
            tally.standing += len(results) - sum(results)
            on_progress()

    def submit(batch: list[NewSuppression]) -> None:
        under_way.append(pool.submit(store.suppress_many, batch, write=write))
        take(most=_WAITING * threads)

    batch: list[NewSuppression] = []
    try:
        for row in rows:
            tally.rows += 1
            if isinstance(row, RowProblem):
                tally.invalid += 1
                on_problem(row)
                continue
            batch.append(row)
            if len(batch) == BATCH:
                submit(batch)
                batch = []
        if batch:
            submit(batch)
        take(most=0)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _count_rest(under_way, tally)


def _count_rest(under_way: Iterable[Future[list[bool]]], tally: Tally) -> None:
    """Count the batches that were done although another one failed."""
    for future in under_way:
        if not future.cancelled() and future.exception() is None:
            tally.added += sum(future.result())
            tally.standing += len(future.result()) - sum(future.result())
