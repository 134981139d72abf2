"""From journeys/<name>.yaml to a plan. Runs where journeys are built, never in Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from postroad.configuration.hours import minute
from postroad.journey_files import definition
from postroad.journey_files.flattening import Flattening
from postroad.journey_files.rules import Journey, World, broken_rules
from postroad.journey_files.source import SourceError, read_source
from postroad.journey_files.texts import JourneyName, seconds
from postroad.journeys import plan

if TYPE_CHECKING:
    from collections.abc import Sequence


class JourneyError(Exception):
    """A journey can't be used. The text names every problem, one a line, as `<file>:<line>: <problem>`."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems for tests and tools."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def compile_journey(text: str, *, name: str, file: str, world: World) -> plan.Plan:
    """Make the plan of one file. Raises JourneyError; `file` is what it calls the file."""
    try:
        source = read_source(text)
    except SourceError as error:
        raise JourneyError([f"{file}:{error.line}: {error}"]) from None
    flattening = Flattening(source)
    try:
        TypeAdapter(JourneyName).validate_python(name)
    except ValidationError:
        flattening.wrong((), f"'{name}' can't be a journey's name: expected small letters, digits and _")
    head = flattening.part(definition.Head, source.content, ())
    listed = source.content.get("steps") if isinstance(source.content, dict) else None
    if isinstance(listed, list):
        flattening.block(listed, ("steps",), plan.END)
    if head is not None and not flattening.problems:
        flattening.problems += broken_rules(Journey(head, flattening), world)
    if head is None or flattening.problems:
        found = sorted((source.line_of(each.path), str(each)) for each in flattening.problems)
        raise JourneyError([f"{file}:{line}: {problem}" for line, problem in found])
    return _plan(name, head, tuple(flattening.steps))


def _plan(name: str, head: definition.Head, steps: tuple[plan.AnyStep, ...]) -> plan.Plan:
    return plan.Plan(
        name=name,
        version=head.version,
        stream=head.stream,
        topic=head.topic or "",
        category=head.category,
        trigger=_trigger(head.trigger),
        entry=plan.Entry(
            rule=head.entry.rule,
            cooldown_seconds=seconds(head.entry.after) if head.entry.after else 0,
            key=head.entry.key or "",
        ),
        audience=head.audience or "",
        hours=head.hours.planned,
        ends=tuple(
            plan.End(event=each.event, when=each.when or "", goal=each.as_ == "goal") for each in head.ends
        ),
        moves={int(version): dict(moves) for version, moves in head.moves.items()},
        steps=steps,
    )


def _trigger(trigger: definition.Trigger) -> plan.EventTrigger | plan.DateTrigger:
    if trigger.event is not None:
        return plan.EventTrigger(event=trigger.event, when=trigger.when or "")
    return plan.DateTrigger(
        attribute=trigger.date or "", days=trigger.days, minute=minute(trigger.at), yearly=trigger.yearly
    )
