"""What `postroad load` tells in the end, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.cli.output import print_lines, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SHOWN = 10


def print_report(report: Mapping[str, Any]) -> None:
    """Print the JSON report as lines, and a table of the streams where somebody watched."""
    enqueued, missing = report["enqueued"], report["not_enqueued"]
    copies = f", {enqueued['copies']:,} of them twice" if enqueued["copies"] else ""
    head = f"{report['run']}: {enqueued['messages']:,} messages enqueued{copies}"
    lines = [f"{head} in {enqueued['seconds']:,.1f} s ({enqueued['per_second']:,.0f} a second)"]
    if missing["messages"]:
        lines.append(f"  {missing['messages']:,} are not enqueued:")
        lines += [f"    {count:,}  {why}" for why, count in list(missing["why"].items())[:MOST_SHOWN]]
    print_lines(lines)
    if report["watched"] is None:
        print_lines(
            [f"    next: postroad --stage {report['stage']} queues; ids are {report['run']}-0 and so on"]
        )
    else:
        _print_watched(report["watched"])


def _print_watched(watched: Mapping[str, Any]) -> None:
    columns = ("stream", "what became of them", "sent/s", "waited", "95 %", "longest")
    print_table(
        columns,
        [
            (
                name,
                ", ".join(f"{count:,} {status}" for status, count in stream["by_status"].items()),
                _number(stream["sent_per_second"]),
                *(_seconds(stream["waited_seconds"][each]) for each in ("median", "95_percent", "longest")),
            )
            for name, stream in watched["streams"].items()
        ],
    )
    lines = [f"  {count:,} {what}" for what, count in list(watched["otherwise"].items())[:MOST_SHOWN]]
    if watched.get("sent_twice"):
        lines.append(f"  {watched['sent_twice']:,} were sent more than once")
    print_lines(lines or ["Each ended as its address says."])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f} s"
