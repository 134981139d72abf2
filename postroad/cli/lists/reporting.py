"""What an import tells in the end: what became of the rows, and which ones are wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.cli.lists.problems import MOST_SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Words:
    """How a capability speaks of its import.

    `counts` and `notes` make lines of the report: what became of the rows, before those that are wrong are
    counted, and what else is to be known, after.
    """

    formats: str
    question: str
    things: str
    skipped: str
    counts: Callable[[dict[str, Any]], list[str]]
    notes: Callable[[dict[str, Any]], list[str]]


def report_lines(report: dict[str, Any], words: Words) -> list[str]:
    """Return the JSON report of an import as text."""
    rows = report["rows"]
    rate = rows["rows"] / max(report["seconds"], 0.001)
    things = "row" if rows["rows"] == 1 else "rows"
    lines = [
        f"{report['file']}: {rows['rows']:,} {things} in {report['seconds']:,.1f} s ({rate:,.0f} a second)"
        + (", nothing was written" if report["dry_run"] else ""),
        *words.counts(report),
        f"  {rows['invalid']:,} are wrong",
        *words.notes(report),
    ]
    if report["unused_columns"]:
        lines.append(f"  not used: {', '.join(report['unused_columns'])}")
    lines += [_problem_line(each) for each in report["errors"][:MOST_SHOWN]]
    if rows["invalid"] > MOST_SHOWN:
        rest = f"see {report['errors_file']}" if report["errors_file"] else "--errors FILE writes all of them"
        lines.append(f"  and {rows['invalid'] - MOST_SHOWN:,} more: {rest}")
    if rows["invalid"]:
        lines.append(f"  next: mend these rows and run the command again: {words.skipped}")
    return lines


def _problem_line(error: dict[str, Any]) -> str:
    """Say what is wrong with one row, and what to do."""
    where = f"row {error['row']}" + (f", {error['column']}" if error["column"] else "")
    return f"  {where}: {error['what'].rstrip('.')}. {error['fix']}"
