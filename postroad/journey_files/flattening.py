"""From the steps of a journey's file, within one another, to the one list of a plan. For the build."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from postroad.configuration.hours import WEEKDAYS, minute
from postroad.configuration.keys import Key
from postroad.configuration.problems import Problem, from_validation, shown
from postroad.configuration.section import Section
from postroad.journey_files import definition
from postroad.journey_files.texts import seconds
from postroad.journeys import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.journey_files.source import Path, Source

MOST_STEPS = 200
_Part = TypeVar("_Part", bound=Section)


@dataclass(slots=True)
class Flattening:
    """A file's steps so far, where each named one stands in it, and what is wrong with the file."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    steps: list[plan.AnyStep] = field(default_factory=list)
    places: dict[str, Path] = field(default_factory=dict)
    _read: int = 0

    def block(self, listed: Sequence[Any], path: Path, after: str) -> str:
        """Read steps in their order; return the id of the first. `after` is what comes after the last."""
        ids = [self._id(step, (*path, place)) for place, step in enumerate(listed)]
        for place, step in enumerate(listed):
            following = ids[place + 1] if place + 1 < len(ids) else after
            self._step(step, (*path, place), ids[place], following)
        return ids[0] if ids else after

    def _id(self, step: object, path: Path) -> str:
        given = step.get("id") if isinstance(step, dict) else None
        if isinstance(given, str):
            if given in self.places:
                line = self.source.line_of(self.places[given])
                self.wrong((*path, "id"), f"'{given}' is the name of the step on line {line} already")
            self.places[given] = path
            return given
        # By its place: a name that nobody can give, so that the two kinds never meet.
        return ".".join(str(each + 1) if isinstance(each, int) else each for each in path[1:])

    def _step(self, content: object, path: Path, step_id: str, following: str) -> None:
        self._read += 1
        if self._read == MOST_STEPS + 1:
            self.wrong(path, f"expected at most {MOST_STEPS} steps")
        step = self._model(content, path)
        if step is None:
            return self._below(content, path)
        if isinstance(step, definition.Fork):
            return self._fork(step, path, step_id, following)
        if isinstance(step, definition.WaitStep) and step.until and step.until.is_empty:
            self.wrong((*path, "until"), "expected a time, weekdays, or both")
        if isinstance(step, definition.WaitStep) and step.wait is None and step.until is None:
            self.wrong(path, "expected how long, or until when, to wait")
        return self.steps.append(_plain(step, step_id, following))

    def _model(self, content: object, path: Path) -> definition.AnyStep | None:
        kinds = [key for key in definition.STEPS if isinstance(content, dict) and key in content]
        if kinds and (len(kinds) == 1 or kinds == ["wait", "until"]):
            return self.part(definition.STEPS[kinds[0]], content, path)
        got = f"got {' and '.join(kinds)}" if kinds else f"got {shown(content)}"
        self.wrong(path, f"expected a step, with one of {', '.join(definition.STEPS)}; {got}")
        return None

    def _fork(self, step: definition.Fork, path: Path, step_id: str, following: str) -> None:
        """Read a step with ways; each way's last step leads to what follows. It stands before its ways."""
        place = len(self.steps)
        made: plan.AnyStep
        match step:
            case definition.WaitForStep():
                then = self.block(step.then, (*path, "then"), following)
                otherwise = self.block(step.otherwise, (*path, "otherwise"), following)
                made = plan.WaitFor(
                    id=step_id, next=then, otherwise=otherwise, event=step.wait_for, when=step.when or "",
                    at_most_seconds=seconds(step.at_most),
                )  # fmt: skip
            case definition.BranchStep():
                choices = tuple(
                    plan.Choice(
                        condition=way.if_,
                        next=self.block(way.steps, (*path, "branch", number, "steps"), following),
                    )
                    for number, way in enumerate(step.branch)
                )
                otherwise = self.block(step.otherwise, (*path, "otherwise"), following)
                made = plan.Branch(id=step_id, next=otherwise, choices=choices)
            case definition.SplitStep():
                ways = tuple(
                    plan.Way(
                        name=way.name,
                        weight=way.weight,
                        next=self.block(way.steps, (*path, "split", number, "steps"), following),
                    )
                    for number, way in enumerate(step.split)
                )
                made = plan.Split(id=step_id, next=following, ways=ways)
        self.steps.insert(place, made)

    def _below(self, content: object, path: Path) -> None:
        """Look for problems in the steps within a step that is itself wrong."""
        if not isinstance(content, dict):
            return
        for key, value in content.items():
            if key in {"then", "otherwise"} and isinstance(value, list):
                self.block(value, (*path, key), plan.END)
            if key in {"branch", "split"} and isinstance(value, list):
                for number, way in enumerate(value):
                    if isinstance(way, dict) and isinstance(way.get("steps"), list):
                        self.block(way["steps"], (*path, key, number, "steps"), plan.END)

    def part(self, model: type[_Part], content: object, path: Path) -> _Part | None:
        if not isinstance(content, dict):
            self.wrong(path, f"expected a table of keys and values, got {shown(content)}")
            return None
        try:
            return model.model_validate_json(json.dumps(content))
        except ValidationError as error:
            found = from_validation(error, Key(schema=model.model_json_schema()))
            self.problems += [Problem((*path, *each.path), each.sentence) for each in found]
            return None

    def wrong(self, path: Path, sentence: str) -> None:
        self.problems.append(Problem(path, sentence))


def _plain(step: definition.Plain, step_id: str, following: str) -> plan.AnyStep:
    """Return a step that has one way on."""
    match step:
        case definition.SendStep():
            return plan.Send(
                id=step_id,
                next=following,
                template=step.send,
                data=dict(step.data),
                if_capped=step.if_capped,
                too_late_seconds=seconds(step.too_late) if step.too_late else None,
            )
        case definition.WaitStep():
            until = step.until or definition.Until()
            return plan.Wait(
                id=step_id,
                next=following,
                seconds=seconds(step.wait) if step.wait else 0,
                weekdays=tuple(WEEKDAYS.index(day) for day in until.weekdays),
                minute=None if until.time is None else minute(until.time),
            )
        case definition.SetStep():
            return plan.Set(id=step_id, next=following, attributes=dict(step.set))
        case definition.NotifyStep():
            return plan.Notify(
                id=step_id, next=following, event=step.notify, properties=dict(step.properties)
            )
        case definition.ExitStep():
            return plan.Exit(id=step_id, next=following, reason=step.exit)
