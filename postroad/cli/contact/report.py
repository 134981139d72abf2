"""What an import of contacts tells in the end."""

from __future__ import annotations

from typing import Any

from postroad.cli.output import print_lines
from postroad.cli.suppression.report import MOST_SHOWN, problem_line


def print_report(report: dict[str, Any]) -> None:
    """Print the JSON report of an import as text."""
    rows = report["rows"]
    rate = rows["rows"] / max(report["seconds"], 0.001)
    dry = report["dry_run"]
    lines = [
        f"{report['file']}: {rows['rows']:,} rows in {report['seconds']:,.1f} s ({rate:,.0f} a second)"
        + (", nothing was written" if dry else ""),
        f"  {rows['added']:,} " + ("would be added" if dry else "added"),
        f"  {rows['updated']:,} " + ("would be updated" if dry else "updated"),
        f"  {rows['unchanged']:,} are as they were",
        f"  {rows['invalid']:,} are wrong",
    ]
    if rows["suppressed"]:
        lines.append(
            f"  {rows['suppressed']:,} of them stay suppressed: an import lets nobody be mailed again; "
            "`postroad contact show` says why"
        )
    if report["unused_columns"]:
        lines.append(f"  not used: {', '.join(report['unused_columns'])}")
    lines += [problem_line(each) for each in report["errors"][:MOST_SHOWN]]
    if rows["invalid"] > MOST_SHOWN:
        rest = f"see {report['errors_file']}" if report["errors_file"] else "--errors FILE writes all of them"
        lines.append(f"  and {rows['invalid'] - MOST_SHOWN:,} more: {rest}")
    if rows["invalid"]:
        lines.append("  next: mend these rows and run the command again: what is the same is skipped")
    print_lines(lines)
