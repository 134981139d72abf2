"""The rows of a list that are wrong: what is told of each, and the file that takes all of them."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postroad.cli.lists.spreadsheet import escape_cell
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postroad.cli.lists.csv_records import Record

MOST_SHOWN = 20
MOST_KEPT = 100
"""Problems in memory, and in JSON; a file takes all of them."""
MOST_OF_A_VALUE = 200


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row: `row` as a spreadsheet counts, `column` as the header names it."""

    row: int
    column: str
    value: str
    what: str
    fix: str


def misfit(record: Record, columns: int) -> RowProblem | None:
    """Return what is wrong with a record as such: it is no CSV, or has more cells than there are columns."""
    if record.wrong:
        return RowProblem(record.number, "", "", record.wrong, "Mend the row, or save the list as CSV again.")
    if any(record.cells[columns:]):
        what = f"the row has {len(record.cells)} cells, the header {columns}"
        return RowProblem(record.number, "", "", what, "Put cells that hold the delimiter in quotes.")
    return None


def is_utf_8(text: str) -> bool:
    """Say whether the text was UTF-8; what wasn't came as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(value: str) -> str:
    """Return as much of a value as a report takes."""
    return value[:MOST_OF_A_VALUE].encode(errors="replace").decode()


@dataclass(slots=True)
class Problems:
    """The first problems, how many there are, and the file that all of them go to."""

    file: Path | None
    first: list[RowProblem] = field(default_factory=list)
    _writer: Any = None

    @contextmanager
    def open(self) -> Iterator[Problems]:
        """Hold the file open, and begin it with a header."""
        if self.file is None:
            yield self
            return
        try:
            # For its owner alone: it holds addresses.
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            stream = os.fdopen(handle, "w", encoding="utf-8", newline="")
        except OSError as error:
            raise Problem(
                f"{self.file} can't be written: {error.strerror}.",
                "Give --errors another file.",
                ExitCode.USAGE,
            ) from error
        with stream:
            self._writer = csv.writer(stream, lineterminator="\n")
            self._writer.writerow(("row", "column", "value", "what", "fix"))
            yield self

    def add(self, problem: RowProblem) -> None:
        """Note a problem."""
        if len(self.first) < MOST_KEPT:
            self.first.append(problem)
        if self._writer is not None:
            texts = (problem.column, problem.value, problem.what, problem.fix)
            self._writer.writerow((problem.row, *(escape_cell(text) for text in texts)))
