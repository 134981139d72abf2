"""The picture of docs/explanation/scale.md: four small plots, readable on a light page and on a dark one."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.scale import Simulated

TITLE = "A stage under a backlog, simulated at five rates"
ABOUT = (
    "Four plots. First, the part of SES's rate that is used in each of the first 30 seconds: from 14 to "
    "1,000 mails a second it is all used from the second or third second on; at 10,000 it rises to all "
    "of it within 12 seconds, as Lambda adds copies; at 1 about 70 per cent is used. Second, the time "
    "that a transactional mail takes from the queue to SES beside the backlog: below two seconds for 99 "
    "of 100 from 14 mails a second up. Third, the writes to the governor's item grow more slowly than "
    "the rate, and stay below the 1,000 a second that one item takes. Fourth, what Lambda bills for a "
    "mail falls from over one GB-second to under a hundredth as the rate grows."
)
INK, FAINT, PAPER = "#010203", "#040506", "#070809"
"""Stand for colours that depend on the page, and are replaced by them."""
LIGHT = {INK: "#1c2430", FAINT: "#8a97a8", PAPER: "#ffffff"}
DARK = {INK: "#e8edf3", FAINT: "#6f7d8d", PAPER: "#1d242d"}
NAMES = {INK: "ink", FAINT: "faint", PAPER: "paper"}
COLOURS = ("#b0641f", "#8a6fd1", "#2f8f6b", "#3a7fc4", "#c4476b")
"""Of the rates, each at least 3:1 against both papers."""
STYLES = ((0, (1, 1.2)), (0, (5, 1.5)), "-", (0, (3, 1.2, 1, 1.2)), (0, (7, 2)))
SHOWN_SECONDS = 30
ITEM_LIMIT = 1_000
COUNTABLE = 100
"""Below so many mails a second, one more or less shows: then the mean of five seconds is drawn."""


def draw(simulated: Sequence[Simulated], file: Path) -> None:
    """Write the picture."""
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "postroad",
            "font.family": "sans-serif",
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": FAINT,
            "axes.facecolor": PAPER,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "grid.color": FAINT,
            "grid.alpha": 0.35,
        }
    ):
        figure = Figure(figsize=(10.5, 7.4), facecolor=PAPER, layout="constrained")
        ((used, delay), (writes, billed)) = figure.subplots(2, 2)
        _used(used, simulated)
        _delay(delay, simulated)
        _writes(writes, simulated)
        _billed(billed, simulated)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    file.write_text(_themed(buffer.getvalue()), encoding="utf-8")


def _used(axes: Axes, simulated: Sequence[Simulated]) -> None:
    for one, colour, style in zip(simulated, COLOURS, STYLES, strict=True):
        width = 5 if one.rate < COUNTABLE else 1
        seconds = range(0, SHOWN_SECONDS, width)
        parts = [
            sum(one.seen.sent_by_second[second + step] for step in range(width)) / width / one.rate
            for second in seconds
        ]
        middles = [second + width / 2 for second in seconds]
        axes.plot(middles, parts, color=colour, linestyle=style, linewidth=2, label=f"{one.rate:,}/s")
    axes.set(
        title="Rate used", xlabel="second since the backlog came", ylim=(0, 1.25), xlim=(0, SHOWN_SECONDS)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    axes.legend(ncols=2, frameon=False, loc="lower right", fontsize=9, handlelength=3)
    axes.grid(axis="y")


def _delay(axes: Axes, simulated: Sequence[Simulated]) -> None:
    rates = [one.rate for one in simulated]
    for place, (label, marker, colour) in enumerate(
        (("median", "o", COLOURS[2]), ("99 of 100", "s", COLOURS[0]))
    ):
        axes.plot(
            rates,
            [one.delays[place] for one in simulated],
            marker=marker,
            color=colour,
            label=label,
            linewidth=2,
        )
    axes.set(title="Transactional mail: seconds from queue to SES", ylim=(0, None))
    axes.legend(frameon=False, fontsize=9)
    _by_rate(axes)


def _writes(axes: Axes, simulated: Sequence[Simulated]) -> None:
    rates = [one.rate for one in simulated]
    axes.plot(rates, [one.writes_a_second for one in simulated], marker="o", color=COLOURS[3], linewidth=2)
    axes.axhline(ITEM_LIMIT, color=COLOURS[4], linestyle=STYLES[1], linewidth=1.5)
    axes.annotate(
        "what one item takes", (1, ITEM_LIMIT), xytext=(0, -13), textcoords="offset points", fontsize=9
    )
    axes.set(title="Writes a second to the governor's item", yscale="log", ylim=(0.5, 3_000))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    _by_rate(axes)


def _billed(axes: Axes, simulated: Sequence[Simulated]) -> None:
    rates = [one.rate for one in simulated]
    axes.plot(rates, [one.gb_seconds for one in simulated], marker="o", color=COLOURS[1], linewidth=2)
    axes.set(title="GB-seconds of send for a mail, waiting included", yscale="log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    _by_rate(axes)


def _by_rate(axes: Axes) -> None:
    axes.set(xscale="log", xlabel="SES's rate, mails a second")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y")


def _themed(svg: str) -> str:
    """Let the colours follow the page, and say in words what is drawn."""
    for colour, name in NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    light, dark = (
        "; ".join(f"--{name}: {theme[colour]}" for colour, name in NAMES.items()) for theme in (LIGHT, DARK)
    )
    style = (
        f"<title>{TITLE}</title>\n<desc>{ABOUT}</desc>\n"
        f"<style>svg {{ {light} }} @media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}</style>\n"
    )
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r"font: ([^;\"]*)'sans-serif'", r"font: \1system-ui, -apple-system, 'Segoe UI', sans-serif", svg
    )
    svg = re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)
    opening = svg.index(">") + 1
    return svg[:opening].replace("<svg ", '<svg role="img" ') + "\n" + style + svg[opening:].lstrip("\n")
