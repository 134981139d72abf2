"""Where claims and marks in bulk are broken on purpose, the matrix finds what was lost or left twice.

Each is broken where `send` and `feedback` meet the ledger, whatever they are made of inside.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from postroad.errors import TransientError
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from tests.matrix import test_matrix_of_batches as batches
from tests.matrix import test_matrix_of_freezes as freezes
from tests.matrix.scenarios import ONE
from tests.matrix.stores import WatchedLedger

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch
Outcomes = list[Any]


def change_claims(patch: Patch, change: Callable[[Outcomes], Outcomes]) -> None:
    """Let `send` hear other outcomes of its claims than those that came about."""

    def insert_many(self: WatchedLedger, rows: Sequence[Row]) -> Outcomes:
        return change(kept(self, rows))

    kept = WatchedLedger.insert_many
    patch.setattr(WatchedLedger, "insert_many", insert_many)


def claims_after_the_requests(patch: Patch) -> None:
    """Write the claims with the marks: what dies in between has sent mail that nobody knows of."""

    def insert_many(self: WatchedLedger, rows: Sequence[Row]) -> Outcomes:
        vars(self)["claims"] = rows
        return [None] * len(rows)

    def replace_many(self: WatchedLedger, rows: Sequence[Row]) -> Outcomes:
        insert(self, vars(self).pop("claims", []))
        return list(replace(self, rows))

    insert, replace = WatchedLedger.insert_many, WatchedLedger.replace_many
    patch.setattr(WatchedLedger, "insert_many", insert_many)
    patch.setattr(WatchedLedger, "replace_many", replace_many)


def claims_believed_whatever_stands(patch: Patch) -> None:
    change_claims(patch, lambda outcomes: [None if isinstance(each, Row) else each for each in outcomes])


def claims_believed_that_nobody_told_of(patch: Patch) -> None:
    change_claims(
        patch, lambda outcomes: [None if isinstance(each, TransientError) else each for each in outcomes]
    )


def one_outcome_for_all(patch: Patch) -> None:
    change_claims(patch, lambda outcomes: outcomes[:1] * len(outcomes))


def outcomes_of_other_rows(patch: Patch) -> None:
    change_claims(patch, lambda outcomes: outcomes[::-1])


def claims_over_whatever_stands(patch: Patch) -> None:
    def insert_many(self: MemoryLedger, rows: Sequence[Row]) -> Outcomes:
        self._rows.update({row.message_id: row for row in rows})
        return [None] * len(rows)

    patch.setattr(MemoryLedger, "insert_many", insert_many)


def writes_believed_without_outcomes(patch: Patch) -> None:
    def replace_many(self: WatchedLedger, rows: Sequence[Row]) -> Outcomes:
        kept(self, rows)
        return [True] * len(rows)

    kept = WatchedLedger.replace_many
    patch.setattr(WatchedLedger, "replace_many", replace_many)


def writes_over_whatever_stands(patch: Patch) -> None:
    def replace_many(self: MemoryLedger, rows: Sequence[Row]) -> Outcomes:
        self._rows.update({row.message_id: row for row in rows})
        return [True] * len(rows)

    patch.setattr(MemoryLedger, "replace_many", replace_many)


def rows(name: str) -> Callable[[], object]:
    return lambda: batches.test_whatever_becomes_of_each_row(name)


CASES: list[tuple[Callable[[Patch], None], Callable[[], object]]] = [
    (claims_after_the_requests, lambda: batches.test_a_fault_at_any_call_of_a_batch("plain", "dies before")),
    (
        claims_after_the_requests,
        lambda: batches.test_a_function_that_dies_with_any_part_of_the_rows_written("one answer lost"),
    ),
    (claims_believed_whatever_stands, rows("two copies of each")),
    (claims_believed_whatever_stands, lambda: batches.test_two_functions_with_one_message_in_common("none")),
    (claims_believed_that_nobody_told_of, rows("plain")),
    (one_outcome_for_all, rows("plain")),
    (outcomes_of_other_rows, rows("plain")),
    (outcomes_of_other_rows, lambda: batches.test_two_functions_with_one_message_in_common("none")),
    (claims_over_whatever_stands, rows("two copies of each")),
    (
        claims_over_whatever_stands,
        lambda: batches.test_two_functions_with_one_message_in_common("none"),
    ),
    (writes_believed_without_outcomes, rows("holds, and no event comes")),
    (
        writes_believed_without_outcomes,
        lambda: batches.test_whatever_becomes_of_the_rows_that_events_move("plain", dies=False),
    ),
    (
        writes_over_whatever_stands,
        lambda: freezes.freeze_each_call(ONE[0], time=timedelta(minutes=10), after=False, copies=2),
    ),
]


@pytest.mark.parametrize(("broken", "case"), CASES, ids=lambda each: getattr(each, "__name__", ""))
def test_bulk_writes_that_are_broken_are_found_out(
    broken: Callable[[Patch], None], case: Callable[[], object], monkeypatch: Patch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=r"lost|twice|left|delivered"):
        case()
