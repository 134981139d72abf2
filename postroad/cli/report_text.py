"""A report for people: a table, or a list where the terminal is narrow, and bars."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from postroad.cli.output import clean, console
from postroad.explaining.moments import duration, moment
from postroad.stats.reporting import NOT_SENT, RATES, dimensions, values
from postroad.stats.words import STEPS, Metric

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from rich.console import Console

    from postroad.stats.reporting import Report, Tally

MOST_LINES = 25
"""Of a dimension's values are shown; JSON has them all."""
TOGETHER = "together"
LONGEST_LABEL, WIDEST_TABLE = 24, 1000
WIDEST_BAR, LEAST_BAR = 60, 5
_ROUNDED = 3
"""A bar may be so many signs longer than its part: each of its parts is rounded."""

Columns = tuple[tuple[Metric, str], ...]
COLUMNS: Columns = (
    (Metric.DELIVERED, "delivered"),
    (Metric.HARD, "hard"),
    (Metric.SOFT, "soft"),
    (Metric.COMPLAINTS, "complaints"),
    (Metric.UNSUBSCRIBES, "left"),
    (Metric.OPENS, "opened"),
    (Metric.CLICKS, "clicked"),
)
MACHINES: Columns = (
    (Metric.MACHINE_OPENS, "opened by machine"),
    (Metric.MACHINE_CLICKS, "clicked by machine"),
)
SIGNS = ("█", "▒", "·")
PLAIN_SIGNS = ("#", "x", ".")


def print_report(
    report: Report, *, streams: Sequence[str], reached: datetime | None, at_work: bool, now: datetime
) -> None:
    """Print it to standard output."""
    out = console()
    span = str(report.first) if report.first == report.last else f"{report.first} to {report.last}"
    out.print(f"{span} (UTC days on which SES took the mail) · {', '.join(streams)}", soft_wrap=True)
    out.print()
    if not report.lines:
        out.print(_nothing(report), soft_wrap=True)
    else:
        lines = _lines(report)
        print_tallies(out, lines, head=" × ".join(dimensions(report.by)), shares=COLUMNS + MACHINES)
        if (more := len(report.lines) - MOST_LINES) > 0:
            out.print(f"… and {more:,} more: --json has all.")
        out.print()
        _print_bars(out, report, lines)
    out.print(told_reached(reached, now, at_work=at_work), soft_wrap=True)


def print_tallies(
    out: Console,
    lines: Mapping[str, Tally],
    *,
    head: str,
    shares: Columns = COLUMNS,
    numbers: Columns = (),
) -> None:
    """Print a table of these, or a list where it doesn't fit: `shares` as rates, then `numbers` alone.

    What has no column is told beside the line that has any of it.
    """
    shown = {metric for metric, _ in numbers}
    made = _table(lines, head=head, shares=shares, numbers=numbers)
    if Measurement.get(out, out.options.update(max_width=WIDEST_TABLE), made).maximum <= out.width:
        out.print(made)
        for label, tally in lines.items():
            if beside := _beside(tally, shown):
                out.print(f"{label}: {beside}", soft_wrap=True)
        return
    for label, tally in lines.items():
        out.print(Text(label, style="bold"))
        rows = [("sent", f"{tally[Metric.SENT]:,}")]
        rows += [(name, _in_words(tally, metric)) for metric, name in shares]
        rows += [(name, f"{tally[metric]:,}") for metric, name in numbers]
        for name, text in rows:
            out.print(f"  {name:<20}{text}", soft_wrap=True)
        if beside := _beside(tally, shown):
            out.print(f"  {beside}", soft_wrap=True)


def _lines(report: Report) -> dict[str, Tally]:
    """Return what is shown, by its label: the first values, and the sum where there are several."""
    if not dimensions(report.by):
        return {"all": report.total}
    shown: dict[str, Tally] = {}
    for value, tally in list(report.lines.items())[:MOST_LINES]:
        label = clean(" × ".join(values(value)))
        # A producer's value may read as our own word does, or as another one once it is clean.
        while label in shown or label == TOGETHER:
            label = f"{label}'"
        shown[label] = tally
    return shown if len(report.lines) == 1 else {**shown, TOGETHER: report.total}


def _table(lines: Mapping[str, Tally], *, head: str, shares: Columns, numbers: Columns) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    made.add_column(head, overflow="fold", max_width=LONGEST_LABEL)
    for name in ("sent", *(name for _, name in (*shares, *numbers))):
        made.add_column(name.replace(" ", "\n", 1), justify="right", no_wrap=True)
    for label, tally in lines.items():
        made.add_row(
            Text(label),
            f"{tally[Metric.SENT]:,}",
            *(f"{share(tally, metric)}\n{parts(tally, metric)}".strip() for metric, _ in shares),
            *(f"{tally[metric]:,}" for metric, _ in numbers),
        )
    return made


def _in_words(tally: Tally, metric: Metric) -> str:
    return f"{parts(tally, metric)}  {share(tally, metric)}".rstrip()


def parts(tally: Tally, metric: Metric) -> str:
    """Return the numerator and the denominator."""
    return f"{tally[metric]:,}/{tally[RATES[metric]]:,}"


def share(tally: Tally, metric: Metric) -> str:
    """Return the rate, or nothing where there are too few to tell one."""
    rate = tally.rate(metric)
    if rate is None:
        return ""
    # Complaints are counted in thousandths: at 0.1 % SES reviews an account.
    return f"{rate:.2%}" if rate < 0.01 else f"{rate:.1%}"  # noqa: PLR2004 - a hundredth


def _beside(tally: Tally, shown: Collection[Metric] = ()) -> str:
    """Return what most reports have none of: other ends, and what was never sent and isn't shown."""
    others = [
        (tally.unknown, "not known yet"),
        (tally[Metric.UNDETERMINED], "bounced for an unknown reason"),
        (tally[Metric.REJECTED], "rejected by SES"),
    ]
    not_sent = [
        f"{tally[metric]:,} {metric.removeprefix('not_sent_')}"
        for metric in NOT_SENT
        if tally[metric] and metric not in shown
    ]
    found = [f"{count:,} {what}" for count, what in others if count]
    if not_sent:
        found.append(f"not sent: {', '.join(not_sent)}")
    return " · ".join(found)


def _print_bars(out: Console, report: Report, lines: Mapping[str, Tally]) -> None:
    """Print a bar for each value or day: its length is what was sent, its parts what became of it."""
    if dimensions(report.by):
        bars = {label: tally for label, tally in lines.items() if label != TOGETHER}
    else:
        bars = {f"{day:%m-%d}": tally for day, tally in report.days.items()}
    most = max((tally[Metric.SENT] for tally in bars.values()), default=0)
    if not most:
        return
    signs = SIGNS if _can_print(SIGNS) else PLAIN_SIGNS
    labels = min(LONGEST_LABEL, out.width // 3, max(cell_len(label) for label in bars))
    numbers = len(f"{most:,}")
    width = max(LEAST_BAR, min(WIDEST_BAR, out.width - labels - numbers - 4 - _ROUNDED))
    delivered, bounced, open_ = signs
    out.print(f"{delivered} delivered   {bounced} bounced   {open_} not known yet", soft_wrap=True)
    for label, tally in bars.items():
        bar = "".join(
            sign * count for sign, count in zip(signs, _cut(tally, most=most, width=width), strict=True)
        )
        # In cells: a Chinese sign takes two.
        shown = label if cell_len(label) <= labels else f"{set_cell_size(label, labels - 1)}…"
        out.print(f"{set_cell_size(shown, labels)}  {tally[Metric.SENT]:>{numbers},}  {bar}", soft_wrap=True)
    out.print()


def _cut(tally: Tally, *, most: int, width: int) -> tuple[int, int, int]:
    """Return how many signs each part gets; what there is at all gets one."""
    sent = tally[Metric.SENT]
    delivered, unknown = tally[Metric.DELIVERED], tally.unknown
    bounced = sent - delivered - unknown
    found = [_signs(part, most, width) for part in (delivered, bounced, unknown)]
    return found[0], found[1], found[2]


def _signs(part: int, most: int, width: int) -> int:
    return max(1, round(part / most * width)) if part > 0 else 0


def _can_print(signs: Sequence[str]) -> bool:
    try:
        "".join(signs).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _nothing(report: Report) -> str:
    if not dimensions(report.by):
        return "Nothing was sent in these days, as far as it is counted."
    return (
        f"Nothing in these days has a value of {report.by}. Campaigns and variants are the tags `campaign` "
        f"and `variant` of messages; pairs are counted if [stats] names them in config/<stage>.toml, and "
        f"{STEPS} always."
    )


def told_reached(reached: datetime | None, now: datetime, *, at_work: bool) -> str:
    """Return up to when everything is counted, in a sentence."""
    if reached is None:
        return "Nothing has been counted in the last week."
    if not at_work:
        return f"Counted: all up to {moment(reached)}; nothing has changed since."
    behind = duration(max(0.0, (now - reached).total_seconds()))
    return f"Counted: all up to {moment(reached)}, {behind} ago. What SES tells later is still to come."
