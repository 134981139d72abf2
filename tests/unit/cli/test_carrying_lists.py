"""Rows on their way to a store, whatever they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from postroad.cli.lists.carrying import BATCH, carry
from postroad.cli.lists.problems import RowProblem

WRONG = RowProblem(2, "email", "x", "it is no address", "Write one like name@example.com.")
REFUSED = RowProblem(7, "attributes", "", "there are too many", "Leave some out.")


@dataclass
class Counts:
    rows: int = 0
    invalid: int = 0
    done: int = 0
    batches: list[int] = field(default_factory=list)

    def take(self, done: int) -> Sequence[RowProblem]:
        self.done += done
        self.batches.append(done)
        return (REFUSED,) if done < BATCH else ()

    def report(self) -> dict[str, Any]:
        return {"rows": asdict(self)}


def run(rows: list[int | RowProblem], *, threads: int = 3) -> tuple[Counts, list[RowProblem], list[int]]:
    counts, problems, progress = Counts(), list[RowProblem](), list[int]()
    carry(
        rows, len, tally=counts, threads=threads, on_problem=problems.append,
        on_progress=lambda: progress.append(counts.done),
    )  # fmt: skip
    return counts, problems, progress


def test_rows_go_in_whole_batches_and_are_counted_in_order() -> None:
    counts, _, progress = run(list(range(10 * BATCH)))
    assert counts.batches == [BATCH] * 10
    assert (counts.rows, counts.done, counts.invalid) == (10 * BATCH, 10 * BATCH, 0)
    assert progress == [BATCH * turn for turn in range(1, 11)]


def test_what_is_wrong_and_what_a_store_refuses_are_told_and_take_no_place_in_a_batch() -> None:
    counts, problems, _ = run([1, WRONG, *range(BATCH)])
    assert counts.batches == [BATCH, 1]
    assert problems == [WRONG, REFUSED]
    assert (counts.rows, counts.invalid) == (BATCH + 2, 2)


def test_no_rows_need_no_store() -> None:
    counts, problems, progress = run([])
    assert (counts.rows, counts.batches, problems, progress) == (0, [], [], [])


def test_a_list_that_can_not_be_read_on_ends_it_with_what_was_done() -> None:
    def rows() -> Any:  # noqa: ANN401 - a generator that breaks
        yield from range(2 * BATCH + 50)
        raise OSError(5, "Input/output error")

    ran: list[int] = []

    def take(batch: list[int]) -> int:
        ran.append(len(batch))
        return len(batch)

    counts = Counts()
    with pytest.raises(OSError, match="Input/output"):
        carry(rows(), take, tally=counts, threads=1, on_problem=print, on_progress=lambda: None)
    assert counts.rows == 2 * BATCH + 50
    assert counts.batches == ran  # the others were called off
