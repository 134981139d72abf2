"""Carries rows into the suppressions: many at once, in memory that doesn't depend on how many there are."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.cli.suppression.rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postroad.suppression.model import NewSuppression
    from postroad.suppression.ports import SuppressionStore

BATCH = 100
"""As many addresses as one BatchGetItem reads."""
MOST_NAMED = 20
"""Addresses that were lifted here before and are named in the report."""
_WAITING = 2
"""Batches read ahead per thread, so that none waits for the file."""


_Done = tuple[list[bool], list[tuple["NewSuppression", bool]]]


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: `added`, `standing` already, `invalid`, or still on their way.

    `again` are those of `added` that had been lifted here, `lifted` those of `standing` that do not stand:
    the same was lifted here after the row's own date, and stays lifted.
    """

    rows: int = 0
    added: int = 0
    standing: int = 0
    invalid: int = 0
    again: int = 0
    lifted: int = 0
    lifted_first: list[tuple[str, str, bool]] = field(default_factory=list)
    """The first of these: address, scope, and whether it is suppressed again."""

    def take(self, done: _Done) -> None:
        """Count a batch."""
        results, lifted = done
        self.added += sum(results)
        self.standing += len(results) - sum(results)
        again = sum(is_again for _, is_again in lifted)
        self.again += again
        self.lifted += len(lifted) - again
        room = MOST_NAMED - len(self.lifted_first)
        self.lifted_first += [(each.email, each.scope, is_again) for each, is_again in lifted[:room]]


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
    under_way: deque[Future[_Done]] = deque()

    def take(*, most: int) -> None:
        while len(under_way) > most:
            done = under_way[0].result()
            under_way.popleft()
            tally.take(done)
            on_progress()

    def suppress(batch: list[NewSuppression]) -> _Done:
        lifted: list[tuple[NewSuppression, bool]] = []
        results = store.suppress_many(
            batch, write=write, on_lifted=lambda each, again: lifted.append((each, again))
        )
        return results, lifted

    def submit(batch: list[NewSuppression]) -> None:
        under_way.append(pool.submit(suppress, batch))
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


def _count_rest(under_way: Iterable[Future[_Done]], tally: Tally) -> None:
    """Count the batches that were done although another one failed."""
    for future in under_way:
        if not future.cancelled() and future.exception() is None:
            tally.take(future.result())
