"""`postroad journey record`: keeps a version of a journey for those who will walk it."""

from __future__ import annotations

from typing import Annotated

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem

EXAMPLES = ("postroad journey record welcome",)


def record_command(
    context: typer.Context,
    name: Annotated[
        list[str],
        typer.Argument(help="The journeys.", show_default=False, autocompletion=complete_journeys),
    ],
    *,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Write over a version that was never deployed. Walks that began on it would go astray.",
        ),
    ] = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a version of each journey as it stands in its file, to be committed and deployed with it.

    Contacts finish on the version that they began with, so what was recorded doesn't change: other steps are
    the next version. Asks nothing of AWS.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import (  # noqa: PLC0415 - Jinja2 and pydantic
        JOURNEYS,
        Repository,
        mistakes,
    )
    from postroad.journey_files.records import (  # noqa: PLC0415 - as above
        newest_versions,
        read_records,
        record_file,
        write_record,
    )

    plans = Repository.open(wiring.configuration).drafts(name)
    problems: list[str] = []
    records = read_records(JOURNEYS, problems)
    if problems:
        # A record that can't be read is no record that may be written over.
        raise mistakes(problems)
    newest = newest_versions(records)
    for plan in plans:
        standing = records.get((plan.name, plan.version))
        last = newest.get(plan.name, 0)
        if plan.version < last:
            raise Problem(
                f"{plan.name} has version {last} already, and its file says {plan.version}.",
                f"Write version: {last + 1} into {JOURNEYS}/{plan.name}.yaml.",
                ExitCode.REFUSED,
            )
        if standing is not None and standing != plan and not again:
            raise Problem(
                f"Version {plan.version} of {plan.name} is recorded with other steps, "
                "and contacts may be walking it.",
                f"Write version: {plan.version + 1} into {JOURNEYS}/{plan.name}.yaml; or give --again if "
                "this version was never deployed.",
                ExitCode.REFUSED,
            )
    changed = [plan for plan in plans if records.get((plan.name, plan.version)) != plan]
    same = [str(record_file(JOURNEYS, plan)) for plan in plans if plan not in changed]
    files = [str(write_record(JOURNEYS, plan)) for plan in changed]
    if as_json:
        print_json({"written": files, "unchanged": same})
        return
    print_lines(f"{file} is written: commit it with the journey." for file in files)
    print_lines(f"{file} is as it was." for file in same)
