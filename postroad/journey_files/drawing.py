"""Journeys drawn: for a terminal, and as Mermaid, which git hosts and editors show as a picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.journey_files.describing import head_words, step_words, trigger_words, ways_of
from postroad.journeys import plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postroad.journeys.plan import AnyStep, Plan


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a fork: its words, and the steps on it until all ways meet again."""

    words: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A step with its ways, if it has several."""

    step: AnyStep
    ways: tuple[Way, ...] = ()


def blocks_of(journey: Plan) -> tuple[Block, ...]:
    """Return a plan's steps within one another, as its file has them."""
    return _Nesting(journey).blocks(journey.first, plan.END)


class _Nesting:
    """Finds where the ways of each fork meet again: the first step that all of them lead to."""

    def __init__(self, journey: Plan) -> None:
        self._steps = {step.id: step for step in journey.steps}
        self._places = {step.id: place for place, step in enumerate(journey.steps)} | {
            plan.END: len(journey.steps)
        }
        self._reached: dict[str, frozenset[str]] = {plan.END: frozenset({plan.END})}
        # A step leads only further down.
        for step in reversed(journey.steps):
            following = [self._reached[each] for each in _following(step)]
            self._reached[step.id] = frozenset({step.id}).union(*following)

    def blocks(self, first: str, stop: str) -> tuple[Block, ...]:
        found: list[Block] = []
        here = first
        while here not in {stop, plan.END}:
            step = self._steps[here]
            ways = ways_of(step)
            if not ways:
                found.append(Block(step))
                here = step.next
                continue
            meeting = min(
                frozenset.intersection(*(self._reached[leads] for _, leads in ways)),
                key=self._places.__getitem__,
            )
            found.append(Block(step, tuple(Way(words, self.blocks(leads, meeting)) for words, leads in ways)))
            here = meeting
        return tuple(found)


def _following(step: AnyStep) -> list[str]:
    return [leads for _, leads in ways_of(step)] or [step.next]


def named(step: AnyStep) -> str:
    """Return a step's words, after its name where it was given one."""
    # A name by place begins with a digit.
    return f"{step.id}: {step_words(step)}" if step.id[:1].isalpha() else step_words(step)


def terminal(journey: Plan) -> Iterator[str]:
    """Yield the lines of a drawing in plain text."""
    retired = ", retired" if journey.retired else ""
    yield f"{journey.name}, version {journey.version}{retired}"
    head = list(head_words(journey))
    width = max(len(heading) for heading, _ in head)
    for heading, words in head:
        yield f"  {heading:<{width}}  {words}"
    yield ""
    yield f"● {trigger_words(journey.trigger)}"
    yield from _drawn(blocks_of(journey), "")
    yield "◼ the end"


def _drawn(blocks: Sequence[Block], before: str, *, last: bool = False) -> Iterator[str]:
    for place, block in enumerate(blocks):
        ends = last and place == len(blocks) - 1
        yield f"{before}{'└' if ends else '├'}─ {named(block.step)}"
        below = f"{before}{' ' if ends else '│'}  "
        for number, way in enumerate(block.ways):
            closing = number == len(block.ways) - 1
            yield f"{below}{'└' if closing else '├'}─ {way.words}{'' if way.blocks else ' → on'}"
            yield from _drawn(way.blocks, f"{below}{' ' if closing else '│'}  ", last=True)


def mermaid(journey: Plan) -> Iterator[str]:
    """Yield the lines of a flowchart: https://mermaid.js.org/syntax/flowchart.html."""
    names = {step.id: f"s{number}" for number, step in enumerate(journey.steps, start=1)} | {plan.END: "over"}
    yield "flowchart TD"
    yield f'    begin(["{_quoted(trigger_words(journey.trigger))}"]) --> {names[journey.first]}'
    for step in journey.steps:
        opens, closes = _shape(step)
        yield f'    {names[step.id]}{opens}"{_quoted(named(step))}"{closes}'
    for step in journey.steps:
        if isinstance(step, plan.Exit):
            yield f"    {names[step.id]} --> over"
            continue
        for words, leads in ways_of(step) or (("", step.next),):
            label = f'|"{_quoted(words)}"| ' if words else ""
            yield f"    {names[step.id]} --> {label}{names[leads]}"
    yield '    over(["the end"])'
    for number, end in enumerate(journey.ends, start=1):
        where = f" where {end.when}" if end.when else ""
        words = f"{'goal' if end.goal else 'ends'} at any step: {end.event}{where}"
        yield f'    end{number}[/"{_quoted(words)}"/] -.-> over'


def _shape(step: AnyStep) -> tuple[str, str]:
    match step:
        case plan.Branch() | plan.Split():
            return "{", "}"
        case plan.Wait() | plan.WaitFor():
            return "(", ")"
        case plan.Send():
            return "[[", "]]"
        case _:
            return "[", "]"


def _quoted(text: str) -> str:
    """Return a text for between quotes, in which Mermaid sees no mark-up of its own or of HTML."""
    marks = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;"}
    return "".join(marks.get(letter, letter) for letter in text)
