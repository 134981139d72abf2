"""What an import tells in the end: what became of the rows, and which ones are wrong."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postroad.cli.output import print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.spreadsheet import escape_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postroad.cli.suppression.rows import RowProblem

MOST_SHOWN = 20
MOST_KEPT = 100
"""Problems in memory, and in JSON; a file takes all of them."""


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


def print_report(report: dict[str, Any]) -> None:
    """Print the JSON report of an import as text."""
    rows = report["rows"]
    rate = rows["rows"] / max(report["seconds"], 0.001)
    dry = report["dry_run"]
    lines = [
        f"{report['file']}: {rows['rows']:,} rows in {report['seconds']:,.1f} s ({rate:,.0f} a second)"
        + (", nothing was written" if dry else ""),
        f"  {rows['added']:,} "
        + ("would be suppressed; an address that is there twice may count twice" if dry else "suppressed"),
        f"  {rows['standing'] - rows['lifted']:,} were suppressed already",
        f"  {rows['invalid']:,} are wrong",
    ]
    lines += _lifted_lines(report)
    if report["unused_columns"]:
        lines.append(f"  not used: {', '.join(report['unused_columns'])}")
    lines += [problem_line(each) for each in report["errors"][:MOST_SHOWN]]
    if rows["invalid"] > MOST_SHOWN:
        rest = f"see {report['errors_file']}" if report["errors_file"] else "--errors FILE writes all of them"
        lines.append(f"  and {rows['invalid'] - MOST_SHOWN:,} more: {rest}")
    if rows["invalid"]:
        lines.append("  next: mend these rows and run the command again: what stands already is skipped")
    print_lines(lines)


def problem_line(error: dict[str, Any]) -> str:
    """Say what is wrong with one row, and what to do."""
    where = f"row {error['row']}" + (f", {error['column']}" if error["column"] else "")
    return f"  {where}: {error['what'].rstrip('.')}. {error['fix']}"


def _lifted_lines(report: dict[str, Any]) -> list[str]:
    """Say what became of addresses that somebody here let be mailed again: it is never silent."""
    rows = report["rows"]
    lines = []
    if rows["lifted"]:
        lines.append(
            f"  {rows['lifted']:,} may be mailed as before: the same was removed here after the row's date"
        )
    if rows["again"]:
        done = "would be suppressed again" if report["dry_run"] else "suppressed again"
        lines.append(f"  {rows['again']:,} of these had been removed here before: {done}")
    for each in report["removed_before"]:
        word = "suppressed again" if each["again"] else "left as it is; `suppression add` stops it"
        lines.append(f"    {each['email']} ({each['scope']}): {word}")
    if more := rows["lifted"] + rows["again"] - len(report["removed_before"]):
        lines.append(f"    and {more:,} more; `suppression show` tells each one's history")
    return lines
