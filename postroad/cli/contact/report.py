"""What an import of contacts tells in the end."""

from __future__ import annotations

from typing import Any

from postroad.cli.lists.reporting import Words


def _counts(report: dict[str, Any]) -> list[str]:
    rows, dry = report["rows"], report["dry_run"]
    return [
        f"  {rows['added']:,} " + ("would be added" if dry else "added"),
        f"  {rows['updated']:,} " + ("would be updated" if dry else "updated"),
        f"  {rows['unchanged']:,} are as they were",
    ]


def _notes(report: dict[str, Any]) -> list[str]:
    rows = report["rows"]
    notes = []
    if rows["erased"]:
        left = f"{rows['erased']:,} are left out: their data were erased, as they had asked"
        notes.append(f"  {left}; who wants mail again signs up")
    if rows["suppressed"]:
        stay = f"{rows['suppressed']:,} of them stay suppressed"
        notes.append(f"  {stay}: an import lets nobody be mailed again; `postroad contact show` says why")
    return notes


WORDS = Words(
    formats="CSV or JSON Lines",
    question="Import the contacts in",
    things="contacts",
    skipped="what is the same is skipped",
    counts=_counts,
    notes=_notes,
)
