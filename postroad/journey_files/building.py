"""The folder journeys/: all of it at once, as it is deployed. For the build, never in Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from postroad.journey_files.compiling import JourneyError, compile_journey
from postroad.journey_files.records import lost, not_recorded, read_records, unlike_records

if TYPE_CHECKING:
    from pathlib import Path

    from postroad.journey_files.rules import World
    from postroad.journeys.plan import Plan

FOLDER = "journeys"
SUFFIX = ".yaml"


def read_journeys(folder: Path, world: World) -> list[Plan]:
    """Return all plans to deploy, by name and version; none where there is no folder.

    Beside what the files say now these are the earlier versions, on which walks may still be. Those of a
    journey that has no file any more are `retired`: walks end on them, and none begins. Raises JourneyError,
    which names every problem of every file; also where a file isn't as its version was recorded.
    """
    problems: list[str] = []
    drafts = _compiled(folder, world, problems)
    records = read_records(folder, problems)
    problems += unlike_records(drafts, records, folder=folder.name)
    problems += not_recorded(drafts, records, folder=folder.name)
    problems += lost(records, world, folder=folder.name)
    if problems:
        raise JourneyError(problems)
    standing = {plan.name for plan in drafts}
    return [
        plan if plan.name in standing else msgspec.structs.replace(plan, retired=True)
        for _, plan in sorted(records.items())
    ]


def read_drafts(folder: Path, world: World) -> list[Plan]:
    """Return what the files say now, recorded or not, by name: to try journeys before they run.

    Raises JourneyError, which names every problem of every file.
    """
    problems: list[str] = []
    drafts = _compiled(folder, world, problems)
    if problems:
        raise JourneyError(problems)
    return drafts


def read_draft(file: Path, world: World) -> Plan:
    """Return what one file says now. Raises JourneyError; OSError where it can't be read."""
    return _compile(file, world)


def journey_names(folder: Path) -> list[str]:
    """Name the journeys that have a file."""
    return sorted(file.stem for file in folder.glob(f"*{SUFFIX}"))


def _compiled(folder: Path, world: World, problems: list[str]) -> list[Plan]:
    plans: list[Plan] = []
    for file in sorted(folder.glob("*.y*ml")):
        if file.suffix != SUFFIX:
            problems.append(f"{folder.name}/{file.name}: expected a name that ends in {SUFFIX}; rename it")
            continue
        try:
            plans.append(_compile(file, world))
        except JourneyError as error:
            problems += error.problems
    return plans


def _compile(file: Path, world: World) -> Plan:
    shown = f"{file.parent.name}/{file.name}"
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise JourneyError([f"{shown}:1: expected UTF-8: {error.reason} at byte {error.start}"]) from None
    return compile_journey(text, name=file.stem, file=shown, world=world)
