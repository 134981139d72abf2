"""`postroad journey validate`: what is wrong with the files of journeys."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode

EXAMPLES = ("postroad journey validate", "postroad --stage prod journey validate welcome")


def validate_command(
    context: typer.Context,
    name: Annotated[
        list[str] | None,
        typer.Argument(
            help="The journeys; all of them if none is named.",
            show_default=False,
            autocompletion=complete_journeys,
        ),
    ] = None,
    *,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check journeys as a deployment of the stage does: every mistake with its file, line and what to write.

    Asks nothing of AWS. Exits with 1 where something is wrong; a version that isn't recorded yet is told, for
    it stops a deployment.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic

    repository = Repository.open(wiring.configuration)
    names = repository.names(name or ())
    problems, unrecorded = repository.problems(names)
    if as_json:
        said: dict[str, Any] = {
            "stage": wiring.stage,
            "journeys": names,
            "problems": problems,
            "not_recorded": unrecorded,
        }
        print_json(said)
    else:
        print_lines([*problems, *unrecorded])
        if not problems:
            plural = "journey is" if len(names) == 1 else "journeys are"
            print_lines([f"{len(names)} {plural} in order: {', '.join(names)}."])
    if problems:
        raise typer.Exit(ExitCode.FAILED)
