"""Carries contacts into the tables: many at once, in memory that doesn't depend on how many there are."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.cli.suppression.rows import RowProblem
from postroad.contacts.model import MOST_ATTRIBUTES, MOST_OF_ATTRIBUTES, Saved
from postroad.suppression.model import is_in_force, topic_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from postroad.cli.contact.saying import Said
    from postroad.contacts.ports import ContactStore, Leaving
    from postroad.suppression.ports import SuppressionStore

BATCH = 100
"""As many contacts as one BatchGetItem reads."""
_WAITING = 2
"""Batches read ahead per thread, so that none waits for the file."""


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: one of these each, or still on its way.

    `suppressed` counts those among them whose address some mail may not reach, whatever was imported.
    """

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    invalid: int = 0
    suppressed: int = 0


@dataclass(slots=True)
class _Done:
    saved: list[Saved] = field(default_factory=list)
    refused: list[RowProblem] = field(default_factory=list)
    suppressed: int = 0


class Stores:
    """Where contacts go."""

    def __init__(
        self,
        contacts: ContactStore,
        suppressions: SuppressionStore,
        leaving: Leaving,
        *,
        now: datetime,
        write: bool,
    ) -> None:
        """Write at the time `now`, or with `write` off only say what would become of each."""
        self._contacts = contacts
        self._suppressions = suppressions
        self._leaving = leaving
        self._now = now
        self._write = write

    def take(self, batch: Sequence[Said]) -> _Done:
        """Save a batch, let those leave who left, and see who stays suppressed."""
        saved = self._contacts.save([said.contact for said in batch], now=self._now, write=self._write)
        done = _Done()
        for said, result in zip(batch, saved, strict=True):
            if result is Saved.REFUSED:
                done.refused.append(_too_many(said.row))
                continue
            left = self._write and self._leave(said)
            done.saved.append(Saved.UPDATED if left and result is Saved.UNCHANGED else result)
        keys = [said.contact.address_key for said in batch]
        found = self._suppressions.find(keys)
        stopped = {
            key
            for key, each in found.items()
            if any(is_in_force(entry, self._now) for entry in each.scopes.values())
        }
        done.suppressed = sum(key in stopped for key in keys)
        return done

    def _leave(self, said: Said) -> bool:
        changed = [
            self._leaving.leave(
                said.contact.address_key,
                [topic_scope(each.topic)],
                source=each.source,
                evidence=each.evidence,
                now=each.at or self._now,
                email=said.contact.email,
            )
            for each in said.left
        ]
        return any(changed)


def carry(
    rows: Iterable[Said | RowProblem],
    stores: Stores,
    *,
    tally: Tally,
    threads: int,
    on_problem: Callable[[RowProblem], object],
    on_progress: Callable[[], object],
) -> None:
    """Take each row to the stores, and count in `tally`; a row that is wrong goes to `on_problem` alone.

    `on_progress` is called after each batch, in this thread. Whatever ends it early (the stores' errors, an
    interrupt) is raised after the batches under way have ended, with the tally up to date.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="import")
    under_way: deque[Future[_Done]] = deque()

    def take(*, most: int) -> None:
        while len(under_way) > most:
            done = under_way[0].result()
            under_way.popleft()
            _count(done, tally, on_problem)
            on_progress()

    batch: list[Said] = []
    try:
        for row in rows:
            tally.rows += 1
            if isinstance(row, RowProblem):
                tally.invalid += 1
                on_problem(row)
                continue
            batch.append(row)
            if len(batch) == BATCH:
                under_way.append(pool.submit(stores.take, batch))
                batch = []
                take(most=_WAITING * threads)
        if batch:
            under_way.append(pool.submit(stores.take, batch))
        take(most=0)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for future in under_way:
            if not future.cancelled() and future.exception() is None:
                _count(future.result(), tally, on_problem)


def _count(done: _Done, tally: Tally, on_problem: Callable[[RowProblem], object]) -> None:
    tally.added += done.saved.count(Saved.ADDED)
    tally.updated += done.saved.count(Saved.UPDATED)
    tally.unchanged += done.saved.count(Saved.UNCHANGED)
    tally.suppressed += done.suppressed
    for problem in done.refused:
        tally.invalid += 1
        on_problem(problem)


def _too_many(row: int) -> RowProblem:
    return RowProblem(
        row,
        "attributes",
        "",
        f"with these the contact would have more than {MOST_ATTRIBUTES} attributes, or more than "
        f"{MOST_OF_ATTRIBUTES:,} bytes of them",
        "Leave some out, or forget others with null (JSON Lines).",
    )
