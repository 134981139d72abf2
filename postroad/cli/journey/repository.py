"""The journeys of this repository, as a stage would run them. Imports Jinja2 and pydantic: late, please."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.cli.access import CONFIGURATION_FOLDER
from postroad.cli.problem import ExitCode, Problem
from postroad.configuration.problems import ConfigurationError, did_you_mean
from postroad.journey_files.building import FOLDER, SUFFIX, journey_names, read_draft
from postroad.journey_files.compiling import JourneyError
from postroad.journey_files.records import lost, not_recorded, read_records, unlike_records
from postroad.journey_files.world import world_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.configuration import Configuration
    from postroad.journey_files.rules import World
    from postroad.journeys.plan import Plan

JOURNEYS = Path(FOLDER)
_TEMPLATES = Path("templates")


@dataclass(frozen=True, slots=True)
class Repository:
    """The folder journeys/ below the working folder, and what its files may name on a stage."""

    world: World

    @classmethod
    def open(cls, configuration: Configuration) -> Repository:
        """Look around; raises Problem where there are no journeys, or a list beside them can't be used."""
        if not JOURNEYS.is_dir():
            raise Problem(
                f"There is no folder {JOURNEYS}/ here.",
                "Change into your Postroad repository, or write your first journey: "
                "docs/tutorial/first-journey.md.",
                ExitCode.NOT_FOUND,
            )
        try:
            return cls(world_of(configuration, config=CONFIGURATION_FOLDER, templates=_TEMPLATES))
        except ConfigurationError as error:
            raise mistakes(str(error).splitlines()) from None

    @staticmethod
    def named(name: str) -> None:
        """Raise Problem where no file here describes a journey of this name, or did."""
        known = {*journey_names(JOURNEYS), *(journey for journey, _ in read_records(JOURNEYS, []))}
        if name not in known:
            raise Problem(
                f"There is no journey {name!r} in {JOURNEYS}/; "
                f"{did_you_mean(name, sorted(known)) if known else 'there is none'}.",
                f"Name a journey by its file in {JOURNEYS}/, without {SUFFIX}.",
                ExitCode.NOT_FOUND,
            )

    def names(self, wanted: Sequence[str]) -> list[str]:
        """Return the journeys that are wanted, all where none is; raises Problem for one without a file."""
        known = journey_names(JOURNEYS)
        for name in wanted:
            if name not in known:
                raise Problem(
                    f"There is no {JOURNEYS / name}{SUFFIX}; {did_you_mean(name, known)}."
                    if known
                    else f"There are no journeys in {JOURNEYS}/.",
                    f"Name a journey by its file in {JOURNEYS}/, without {SUFFIX}.",
                    ExitCode.NOT_FOUND,
                )
        return list(dict.fromkeys(wanted)) or known

    def drafts(self, wanted: Sequence[str] = ()) -> list[Plan]:
        """Return what the files of these journeys say now; raises Problem with all that is wrong in them."""
        plans: list[Plan] = []
        problems: list[str] = []
        for name in self.names(wanted):
            try:
                plans.append(self.draft(name))
            except JourneyError as error:
                problems += error.problems
        if problems:
            raise mistakes(problems)
        return plans

    def problems(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return what is wrong with these journeys, and what only stops a deployment: no record yet."""
        problems: list[str] = []
        plans: list[Plan] = []
        for name in names:
            try:
                plans.append(self.draft(name))
            except JourneyError as error:
                problems += error.problems
        records = read_records(JOURNEYS, problems)
        theirs = {place: plan for place, plan in records.items() if plan.name in names}
        problems += lost(theirs, self.world, folder=FOLDER)
        problems += unlike_records(plans, theirs, folder=FOLDER)
        return problems, list(not_recorded(plans, theirs, folder=FOLDER))

    def draft(self, name: str) -> Plan:
        """Return what one file says now. Raises JourneyError."""
        return read_draft(JOURNEYS / f"{name}{SUFFIX}", self.world)


def mistakes(problems: Sequence[str]) -> Problem:
    """Return what is wrong with files, a line each, as a Problem."""
    if len(problems) == 1:
        return Problem(problems[0], "Mend that line, and repeat the command.")
    listed = "".join(f"\n    {problem}" for problem in problems)
    return Problem(f"There are {len(problems)} mistakes:{listed}", "Mend them, and repeat the command.")
