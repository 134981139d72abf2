"""What a journey's file must keep to beyond its parts: names from outside, expressions, loops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postroad.configuration.problems import Problem, did_you_mean
from postroad.journeys import plan
from postroad.journeys.advancing import ENGAGEMENT, EVENT, FACTS, NAMES
from postroad.journeys.conditions import ConditionError, check, parts_below, parts_of
from postroad.journeys.hours import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from postroad.activity.declared import Declared
    from postroad.journey_files import definition
    from postroad.journey_files.flattening import Flattening
    from postroad.journey_files.source import Path
    from postroad.journeys.hours import WeekHours

USUAL_CATEGORY = "marketing"
_OF_NAMES = frozenset({"data", "set", "properties"})
"""Tables of expressions, whose names are the author's own, and may be those of keys too."""
_MOVES = "moves"
"""A table whose names are those of steps."""


@dataclass(frozen=True, slots=True)
class World:
    """What journeys may name: whether each stream can be unsubscribed, each topic's stream, the templates.

    `declared` are the events and facts, `categories` those that have a cap; None where any will do. `hours`
    are those of the streams that have any.
    """

    unsubscribable: Mapping[str, bool]
    stream_of_topic: Mapping[str, str]
    templates: frozenset[str]
    declared: Declared | None = None
    categories: frozenset[str] | None = None
    hours: Mapping[str, WeekHours] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Journey:
    """A file whose parts are each in order."""

    head: definition.Head
    flat: Flattening


def broken_rules(journey: Journey, world: World) -> Iterator[Problem]:
    """Judge all rules."""
    yield from _stream_and_topic(journey.head, world)
    yield from _category(journey.head, world)
    yield from _hours(journey.head, world)
    yield from _steps(journey.flat, world)
    wrong = list(_expressions_of(journey))
    yield from wrong
    if world.declared is not None:
        yield from _events(journey, world.declared)
        if not wrong:
            yield from _facts(journey, world.declared)
            yield from _kept(journey, world.declared)
    yield from _moves(journey)
    yield from _loops(journey)


def _stream_and_topic(head: definition.Head, world: World) -> Iterator[Problem]:
    if head.stream not in world.unsubscribable:
        hint = did_you_mean(head.stream, world.unsubscribable)
        yield Problem(("stream",), f"no stream '{head.stream}'; {hint}")
    elif world.unsubscribable[head.stream] and head.topic is None:
        yield Problem(("topic",), f"missing; people leave mail of the stream '{head.stream}' by its topic")
    if head.topic is None:
        return
    if head.topic not in world.stream_of_topic:
        hint = did_you_mean(head.topic, world.stream_of_topic) if world.stream_of_topic else "there is none"
        yield Problem(("topic",), f"no topic '{head.topic}'; {hint}")
    elif (stream := world.stream_of_topic[head.topic]) != head.stream:
        yield Problem(
            ("topic",), f"'{head.topic}' is a topic of the stream '{stream}', not of '{head.stream}'"
        )


def _category(head: definition.Head, world: World) -> Iterator[Problem]:
    """Hold a category to those that have a cap; the usual one may go without."""
    known = world.categories
    if known and head.category not in known | {USUAL_CATEGORY}:
        hint = did_you_mean(head.category, sorted(known))
        yield Problem(("category",), f"no cap is set for '{head.category}'; {hint}")


def _events(journey: Journey, declared: Declared) -> Iterator[Problem]:
    for path, name in _named_events(journey):
        if name not in declared.events:
            hint = did_you_mean(name, sorted(declared.events)) if declared.events else "there is none"
            yield Problem(path, f"no event '{name}' is declared in config/events.toml; {hint}")


def _named_events(journey: Journey) -> Iterator[tuple[Path, str]]:
    if journey.head.trigger.event is not None:
        yield ("trigger", "event"), journey.head.trigger.event
    for place, end in enumerate(journey.head.ends):
        yield ("ends", place, "event"), end.event
    for path, step in _tables(journey.flat.source.content, ()):
        if "wait_for" in step:
            yield (*path, "wait_for"), step["wait_for"]


def _facts(journey: Journey, declared: Declared) -> Iterator[Problem]:
    known = {rule.fact for rule in declared.rules}
    for path, expression in _expressions(journey.flat.source.content, ()):
        for fact in sorted(parts_of(expression, FACTS) - known):
            hint = did_you_mean(fact, sorted(known)) if known else "there is none"
            yield Problem(path, f"no fact '{fact}' is declared in config/events.toml; {hint}")


def _kept(journey: Journey, declared: Declared) -> Iterator[Problem]:
    """Refuse conditions on later events that ask for what isn't kept of them: they would never hold."""
    later = [
        (("ends", place, "when"), end.event, end.when) for place, end in enumerate(journey.head.ends)
    ] + [
        ((*path, "when"), step["wait_for"], step.get("when"))
        for path, step in _tables(journey.flat.source.content, ())
        if "wait_for" in step
    ]
    for path, event, when in later:
        if when and event in declared.events:
            kept = declared.events[event].keep
            for name in sorted(parts_below(when, EVENT, "properties") - set(kept)):
                yield Problem(
                    path, f"'{name}' isn't kept of '{event}'; add it to its keep in config/events.toml"
                )


def _tables(content: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:  # noqa: ANN401 - whatever YAML holds
    if isinstance(content, dict):
        yield path, content
        for key, value in content.items():
            if key not in _OF_NAMES | {_MOVES}:
                yield from _tables(value, (*path, key))
    if isinstance(content, list):
        for place, each in enumerate(content):
            yield from _tables(each, (*path, place))


def _hours(head: definition.Head, world: World) -> Iterator[Problem]:
    """Refuse hours that leave no minute of the week: the mail would be left out, each time."""
    if not head.hours.week.within(world.hours.get(head.stream, ALWAYS)):
        yield Problem(
            ("hours",), f"no hour of the week is both in these and in those of the stream '{head.stream}'"
        )


def _steps(flat: Flattening, world: World) -> Iterator[Problem]:
    for step in flat.steps:
        if isinstance(step, plan.Send) and step.template not in world.templates:
            hint = did_you_mean(step.template, sorted(world.templates))
            yield Problem((*flat.places[step.id], "send"), f"no template '{step.template}'; {hint}")
    if not any(isinstance(step, plan.Send | plan.Notify | plan.Set) for step in flat.steps):
        yield Problem(("steps",), "expected a step that does something: send, set or notify")


def _expressions_of(journey: Journey) -> Iterator[Problem]:
    """Check every expression of the file, wherever it stands."""
    sends = {step.id for step in journey.flat.steps if isinstance(step, plan.Send)}
    for path, expression in _expressions(journey.flat.source.content, ()):
        try:
            check(expression, NAMES)
        except ConditionError as error:
            yield Problem(path, str(error))
            continue
        for step in sorted(parts_of(expression, ENGAGEMENT) - sends):
            yield Problem(path, f"steps.{step}: no step that sends is called so")


def _moves(journey: Journey) -> Iterator[Problem]:
    head = journey.head
    for version, moves in head.moves.items():
        if int(version) >= head.version:
            yield Problem(("moves", version), f"expected a version before this one, {head.version}")
        for old, new in moves.items():
            if new not in journey.flat.places:
                hint = did_you_mean(new, journey.flat.places)
                yield Problem(("moves", version, old), f"no step is called '{new}'; {hint}")


def _loops(journey: Journey) -> Iterator[Problem]:
    """Refuse a journey that would begin itself, over and over."""
    head = journey.head
    told = {step.event for step in journey.flat.steps if isinstance(step, plan.Notify)}
    if head.trigger.event in told and head.entry.rule == "always":
        yield Problem(
            ("trigger", "event"),
            f"this journey itself tells the bus '{head.trigger.event}': with rule: always it would begin "
            "itself without end; name the event otherwise, or take rule: once",
        )


def _expressions(content: Any, path: Path) -> list[tuple[Path, str]]:  # noqa: ANN401 - whatever YAML holds
    """Find expressions by their keys, with their places."""
    found: list[tuple[Path, str]] = []
    if isinstance(content, list):
        for place, each in enumerate(content):
            found += _expressions(each, (*path, place))
    if isinstance(content, dict):
        for key, value in content.items():
            if key in {"when", "if", "audience"} or (key == "key" and path[-1:] == ("entry",)):
                # Nothing, `null`, is as if the key weren't there.
                found += [((*path, key), value)] if value is not None else []
            elif key in _OF_NAMES and isinstance(value, dict):
                found += [((*path, key, name), each) for name, each in value.items()]
            elif key != _MOVES:
                found += _expressions(value, (*path, key))
    return found
