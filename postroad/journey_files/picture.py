"""Journeys drawn as SVG: a file that a browser shows, light or dark, and that needs nothing else. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from postroad.journey_files.describing import head_words, trigger_words
from postroad.journey_files.drawing import blocks_of, named
from postroad.journeys import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.journey_files.drawing import Block, Way
    from postroad.journeys.plan import AnyStep, Plan

_WIDTH, _LINE, _PAD = 250, 17, 10
_CHARACTERS = 34
"""Of a line: so many fit into a box at 13 pixels, whatever the font."""
_GAP, _BESIDE, _MARGIN = 26, 24, 24
_STYLE = """\
    text { font: 13px system-ui, sans-serif; fill: #1c2530; }
    .title { font-size: 18px; font-weight: 600; }
    .quiet { fill: #556270; }
    rect { fill: #ffffff; stroke: #8a97a6; stroke-width: 1.2; }
    .mail { fill: #e3effc; stroke: #2b6cb0; }
    .wait { fill: #f4f1e4; stroke: #9a8747; }
    .fork { fill: #efe9f8; stroke: #7453a6; }
    .end { fill: #e9ecef; stroke: #6b7682; }
    .page { fill: #fbfcfd; stroke: none; }
    path { fill: none; stroke: #8a97a6; stroke-width: 1.4; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6ebf0; }
      .quiet { fill: #a9b4bf; }
      rect { fill: #222b35; stroke: #7d8a98; }
      .mail { fill: #16324f; stroke: #6aa7e8; }
      .wait { fill: #3a341c; stroke: #c5b06a; }
      .fork { fill: #32264a; stroke: #ab8fd8; }
      .end { fill: #333c46; stroke: #8a97a6; }
      .page { fill: #161c23; }
    }"""


def picture(journey: Plan) -> str:
    """Return the text of an SVG file."""
    blocks = blocks_of(journey)
    head = [line for words in head_words(journey) for line in _lines(f"{words[0]}: {words[1]}", 84)]
    below = _MARGIN + 30 + len(head) * _LINE + _GAP
    canvas = _Canvas()
    column = _width(blocks)
    middle = _MARGIN + max(column, 620) / 2
    begins = _lines(trigger_words(journey.trigger))
    canvas.box(begins, middle, below, "end", round_by=16)
    end = canvas.column(blocks, middle, below + _height_of(begins))
    canvas.arrow(middle, end, end + _GAP)
    canvas.box(["the end"], middle, end + _GAP, "end", round_by=16)
    width, height = max(column, 620) + 2 * _MARGIN, end + _GAP + _height_of(["the end"]) + _MARGIN
    title = f"{journey.name}, version {journey.version}"
    size = f'width="{width:g}" height="{height:g}"'
    texts = [
        f'  <text class="quiet" x="{_MARGIN}" y="{_MARGIN + 40 + number * _LINE}">{escape(line)}</text>'
        for number, line in enumerate(head)
    ]
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:g} {height:g}" role="img">',
        f"  <title>{escape(title)}</title>",
        f"  <style>\n{_STYLE}\n  </style>",
        f'  <rect class="page" {size}/>',
        f'  <text class="title" x="{_MARGIN}" y="{_MARGIN + 14}">{escape(title)}</text>',
        *texts,
        *canvas.drawn,
        "</svg>",
    ]
    return "\n".join(drawn)


@dataclass(slots=True)
class _Canvas:
    """What is drawn so far: boxes by their middle and top, in pixels."""

    drawn: list[str] = field(default_factory=list)

    def column(self, blocks: Sequence[Block], middle: float, top: float) -> float:
        """Draw steps below one another; return how far down they go."""
        for block in blocks:
            lines = _lines(named(block.step))
            self.arrow(middle, top, top + _GAP)
            top += _GAP
            self.box(lines, middle, top, _kind(block.step))
            top += _height_of(lines)
            if block.ways:
                top = self._ways(block.ways, middle, top)
        return top

    def _ways(self, ways: Sequence[Way], middle: float, top: float) -> float:
        """Draw ways beside one another, and the line on which they meet again."""
        whole = _beside(ways)
        left = middle - whole / 2
        begin = top + _GAP / 2
        ends: list[tuple[float, float]] = []
        for way in ways:
            width = _of_way(way)
            place = left + width / 2
            left += width + _BESIDE
            words = _lines(way.words)
            self.line(f"M{middle:g} {top:g} V{begin:g} H{place:g} V{begin + 8:g}")
            for number, line in enumerate(words):
                self.text(line, place, begin + 8 + (number + 1) * _LINE - 4, "quiet")
            ends.append((place, self.column(way.blocks, place, begin + 12 + len(words) * _LINE)))
        meeting = max(end for _, end in ends) + _GAP / 2
        for place, end in ends:
            self.line(f"M{place:g} {end:g} V{meeting:g} H{middle:g}")
        return meeting

    def box(self, lines: Sequence[str], middle: float, top: float, kind: str, round_by: int = 5) -> None:
        self.drawn.append(
            f'  <rect class="{kind}" x="{middle - _WIDTH / 2:g}" y="{top:g}" width="{_WIDTH}" '
            f'height="{_height_of(lines):g}" rx="{round_by}"/>'
        )
        for number, line in enumerate(lines):
            self.text(line, middle, top + _PAD + (number + 1) * _LINE - 4)

    def text(self, line: str, middle: float, base: float, kind: str = "") -> None:
        named_kind = f' class="{kind}"' if kind else ""
        self.drawn.append(
            f'  <text{named_kind} x="{middle:g}" y="{base:g}" text-anchor="middle">{escape(line)}</text>'
        )

    def arrow(self, middle: float, top: float, bottom: float) -> None:
        tip = bottom - 1
        self.line(f"M{middle:g} {top:g} V{tip:g} m-4 -5 l4 5 l4 -5")

    def line(self, path: str) -> None:
        self.drawn.append(f'  <path d="{path}"/>')


def _lines(text: str, characters: int = _CHARACTERS) -> list[str]:
    return wrap(text, characters) or [""]


def _height_of(lines: Sequence[str]) -> float:
    return len(lines) * _LINE + 2 * _PAD


def _width(blocks: Sequence[Block]) -> float:
    return max([_WIDTH, *(_beside(block.ways) for block in blocks if block.ways)])


def _of_way(way: Way) -> float:
    return _width(way.blocks)


def _beside(ways: Sequence[Way]) -> float:
    return sum(_of_way(way) for way in ways) + _BESIDE * (len(ways) - 1)


def _kind(step: AnyStep) -> str:
    match step:
        case plan.Send():
            return "mail"
        case plan.Wait() | plan.WaitFor():
            return "wait"
        case plan.Branch() | plan.Split():
            return "fork"
        case plan.Exit():
            return "end"
        case _:
            return "step"
