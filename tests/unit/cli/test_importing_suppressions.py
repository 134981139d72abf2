"""The import of suppressions by itself: reading rows, and carrying them to a store."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.lists.carrying import carry
from postroad.cli.lists.csv_records import Counted, Record, Records
from postroad.cli.lists.problems import RowProblem
from postroad.cli.lists.times import read_time
from postroad.cli.problem import Problem
from postroad.cli.suppression.importing import Tally, suppressing
from postroad.cli.suppression.rows import Defaults, RowReader, read_header
from postroad.cli.wiring import Recipient
from postroad.contract.words import Reason
from postroad.suppression.model import NewSuppression
from tests.unit.cli.deployed import ANA, NOON, bounce

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class Counting:
    """A store that remembers how many batches it holds at once, and nothing else."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def suppress_many(
        self, wanted: Sequence[NewSuppression], *, write: bool = True, **_: object
    ) -> list[bool]:
        assert write
        self.batches.append(len(wanted))
        return [True] * len(wanted)


BYTES_OF_A_ROW = len(b"customer000000@example.com,bounce\n")


class Rows:
    """A CSV file that is made while it is read."""

    def __init__(self, count: int) -> None:
        self._lines = self._make(count)
        self._rest = b""
        self.given = 0

    @staticmethod
    def _make(count: int) -> Iterator[bytes]:
        yield b"email,reason\n"
        for number in range(count):
            yield b"customer%06d@example.com,bounce\n" % number

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < size and (line := next(self._lines, None)) is not None:
            self._rest += line
        taken, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(taken)
        return taken


def reader(header: Sequence[str]) -> RowReader:
    defaults = Defaults("list.csv", "all", Reason.MANUAL, "operator:ana", NOW)
    return RowReader(
        read_header(header, chosen={}),
        defaults,
        recipient=lambda email: Recipient(email, f"k1.{email}"),
        check_stream=lambda _name: None,
    )


def run(count: int) -> tuple[Tally, Counting]:
    records = iter(Records(Counted(Rows(count))))
    rows_of = reader(next(records).cells)
    store: Any = Counting()
    tally = Tally()
    carry(
        (rows_of.read(record) for record in records),
        suppressing(store, write=True),
        tally=tally,
        threads=4,
        on_problem=lambda _problem: None,
        on_progress=lambda: None,
    )
    return tally, store


def test_memory_does_not_grow_with_the_rows() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        tally, _ = run(count)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert tally.added == count
        return most

    run(100)  # what is imported late is imported once
    # Ten times the rows; how many batches are under way at once differs a little from run to run.
    assert peak(20_000) < peak(2_000) + 300_000


def test_the_file_is_not_read_ahead_of_the_store() -> None:
    source = Rows(30_000)
    records = iter(Records(Counted(source)))
    rows_of = reader(next(records).cells)
    at_most = 0

    class Watching(Counting):
        def suppress_many(self, wanted: Sequence[NewSuppression], **options: Any) -> list[bool]:  # noqa: ANN401 - its store's
            nonlocal at_most
            done = sum(self.batches) * BYTES_OF_A_ROW
            at_most = max(at_most, source.given - done)
            return super().suppress_many(wanted, **options)

    watching: Any = Watching()
    carry(
        (rows_of.read(record) for record in records), suppressing(watching, write=True), tally=Tally(),
        threads=2, on_problem=lambda _problem: None, on_progress=lambda: None,
    )  # fmt: skip
    assert 0 < at_most < 200_000


def test_a_failing_store_ends_the_import_and_what_was_done_is_counted() -> None:
    class Failing(Counting):
        def suppress_many(self, wanted: Sequence[NewSuppression], **options: Any) -> list[bool]:  # noqa: ANN401 - its store's
            if len(self.batches) == 3:
                raise RuntimeError("away")
            return super().suppress_many(wanted, **options)

    failing: Any = Failing()
    wanted = NewSuppression("k1.ana", ANA, "all", bounce())
    tally = Tally()
    with pytest.raises(RuntimeError, match="away"):
        carry(
            (wanted for _ in range(10_000)), suppressing(failing, write=True), tally=tally, threads=1,
            on_problem=lambda _problem: None, on_progress=lambda: None,
        )  # fmt: skip
    assert tally.added == 300
    assert tally.rows < 1_000


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-22T14:03:11.5Z", datetime(2026, 11, 22, 14, 3, 11, 500_000, tzinfo=UTC)),
        ("2026-11-22T14:03:11-05:00", datetime(2026, 11, 22, 19, 3, 11, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("1763812800", NOON),
        ("1763812800.0", NOON),
        ("Sat, 22 Nov 2025 12:00:00 +0000", NOON),
    ],
)
def test_times_are_read_in_the_forms_that_lists_have(text: str, at: datetime) -> None:
    assert read_time(text) == at


@pytest.mark.parametrize("text", ["yesterday", "22/11/2026", "9999-12-31T23:59:59-14:00", "0", "1e9"])
def test_what_is_no_time_is_refused(text: str) -> None:
    found = reader(["email", "since"]).read(Record(2, (ANA, text)))
    assert isinstance(found, RowProblem)
    assert found.column == "since"


def test_the_header_names_each_column_once() -> None:
    header = read_header(["address", "email", "type", "suppression_reason"], chosen={})
    assert header.places == {"email": 1, "reason": 3}
    assert header.unused == ["address", "type"]
    with pytest.raises(Problem, match="no column 'x'"):
        read_header(["email"], chosen={"email": "x"})
