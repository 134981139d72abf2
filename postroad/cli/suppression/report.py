"""What an import of suppressions tells in the end."""

from __future__ import annotations

from typing import Any

from postroad.cli.lists.reporting import Words


def _counts(report: dict[str, Any]) -> list[str]:
    rows = report["rows"]
    would = "would be suppressed; an address that is there twice may count twice"
    return [
        f"  {rows['added']:,} " + (would if report["dry_run"] else "suppressed"),
        f"  {rows['standing'] - rows['lifted']:,} were suppressed already",
    ]


def _notes(report: dict[str, Any]) -> list[str]:
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


WORDS = Words(
    formats="CSV",
    question="Suppress the addresses in",
    things="addresses",
    skipped="what stands already is skipped",
    counts=_counts,
    notes=_notes,
)
