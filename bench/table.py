"""The numbers as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from bench.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SEND = {
    "cpu_ms_per_mail": "CPU a mail, ms",
    "cpu_ms_per_mail_least": "the same, the best run",
    "cpu_ms_per_mail_at_0ms": "CPU a mail, ms, nothing takes time",
    "mails_per_second_at_50ms": "mails a second, SES at 50 ms",
    "mails_per_second_at_50ms_most": "the same, the best run",
    "import_ms": "import and first mail, ms of CPU",
    "import_mb": "import and first mail, MB",
}


def compared(numbers: Mapping[str, Any]) -> Table:
    """Return Postroad beside the naive sender."""
    table = Table(title="One process of send, on one core", title_justify="left")
    table.add_column("")
    for name in ("Postroad", "naive", "naive, templates kept"):
        table.add_column(name, justify="right")
    table.add_column("naive ÷ Postroad", justify="right")
    for what, row in _rows(numbers):
        cells = [row.get(name) for name in ("postroad", "naive", "naive_templates_kept")]
        ours, theirs = row["postroad"], row.get("naive")
        ratio = f"{theirs / ours:.2f}" if theirs else ""
        table.add_row(what, *("" if cell is None else f"{cell:,g}" for cell in cells), ratio)
    return table


def _rows(numbers: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, float]]]:
    send = numbers.get("send", {})
    for key, what in _SEND.items():
        if key in send:
            yield what, send[key]
    if "calls_per_mail" in send:
        for size, calls in send["calls_per_mail"]["postroad"].items():
            yield (
                f"calls a mail, batch of {size}",
                {"postroad": calls, "naive": send["calls_per_mail"]["naive"]},
            )
    if "feedback" in numbers:
        yield "calls for a mail's events", {"postroad": numbers["feedback"]["calls_per_mail"]}
    for number, calls in numbers.get("dispatch", {}).get("calls_per_due_message", {}).items():
        yield f"dispatch: calls for a message, {int(number):,} due", {"postroad": calls}
    for number, calls in numbers.get("journeys", {}).get("calls_per_step", {}).items():
        yield f"journeys: calls for a step, {int(number):,} contacts", {"postroad": calls}
    if cost := numbers.get("cost_usd_per_million"):
        yield "USD a million mails, beside SES", {"postroad": cost["postroad"], "naive": cost["naive"]}


def judged(numbers: Mapping[str, Any]) -> Table:
    """Return each target with its number; those whose part was not measured are left out."""
    table = Table(title="Targets", title_justify="left")
    table.add_column("")
    for name in ("target", "measured", "reached"):
        table.add_column(name, justify="right")
    for target in TARGETS:
        try:
            value, holds = target.read(numbers), target.holds(numbers)
        except KeyError:
            continue
        table.add_row(target.what, target.said, f"{value:,.4g}", "yes" if holds else "no")
    return table
