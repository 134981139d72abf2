"""`postroad journey show`: a journey drawn."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.files import whole
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from postroad.journeys.plan import Plan

EXAMPLES = ("postroad journey show welcome", "postroad journey show welcome --as svg --output welcome.svg")


class Form(StrEnum):
    """How a journey is drawn."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


def show_command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The journey.", show_default=False, autocompletion=complete_journeys)
    ],
    *,
    form: Annotated[
        Form, typer.Option("--as", help="For the terminal, for Markdown, or for a browser.")
    ] = Form.TEXT,
    version: Annotated[
        int | None,
        typer.Option("--version", help="A version that was recorded, not the file's.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it into this file.", show_default=False)
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a journey: what begins and ends it, when its mail leaves, its steps and ways.

    Asks nothing of AWS. With --json it is the plan that the engine walks.
    """
    wiring = open_stage(context, stage)
    from msgspec import to_builtins  # noqa: PLC0415 - as in the line below

    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic

    repository = Repository.open(wiring.configuration)
    plan = repository.drafts([name])[0] if version is None else _recorded(name, version)
    if as_json:
        print_json(to_builtins(plan))
        return
    if output is None:
        print_lines(_drawn(plan, form).split("\n"))
        return
    with whole(output) as stream:
        stream.write(_drawn(plan, form) + "\n")


def _drawn(plan: Plan, form: Form) -> str:
    from postroad.journey_files.drawing import mermaid, terminal  # noqa: PLC0415 - see above
    from postroad.journey_files.picture import picture  # noqa: PLC0415 - as above

    match form:
        case Form.TEXT:
            return "\n".join(terminal(plan))
        case Form.MERMAID:
            return "\n".join(mermaid(plan))
        case Form.SVG:
            return picture(plan)


def _recorded(name: str, version: int) -> Plan:
    from postroad.cli.journey.repository import JOURNEYS, mistakes  # noqa: PLC0415 - see above
    from postroad.journey_files.records import read_records  # noqa: PLC0415 - as above

    problems: list[str] = []
    records = read_records(JOURNEYS, problems)
    if (name, version) in records:
        return records[name, version]
    if problems:
        raise mistakes(problems)
    known = ", ".join(str(number) for journey, number in records if journey == name) or "none"
    raise Problem(
        f"Version {version} of {name} isn't recorded; there are: {known}.",
        f"Name one of these, or leave --version out for what {JOURNEYS}/{name}.yaml says.",
        ExitCode.NOT_FOUND,
    )
