"""`postroad journey list`: all journeys of a stage."""

from __future__ import annotations

import typer  # noqa: TC002 - it reads the annotations

from postroad.cli.journey.pause_commands import told
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_table

LIST_EXAMPLES = ("postroad --stage prod journey list",)


def list_command(context: typer.Context, *, stage: StageOption = None, as_json: JsonOption = False) -> None:
    """List the journeys of this repository: what begins each, its mails, and whether the stage holds it."""
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journey_files.describing import trigger_words  # noqa: PLC0415 - as above
    from postroad.journeys.plan import Send  # noqa: PLC0415 - as above

    plans = Repository.open(wiring.configuration).drafts()
    paused = wiring.journey_pauses.paused()
    found = [
        {
            "journey": plan.name,
            "version": plan.version,
            "begins": trigger_words(plan.trigger),
            "stream": plan.stream,
            "mails": [step.template for step in plan.steps if isinstance(step, Send)],
            "paused": paused.get(plan.name),
        }
        for plan in plans
    ]
    if as_json:
        print_json({"stage": wiring.stage, "journeys": found})
        return
    print_table(
        ("journey", "version", "begins", "mails", "state"),
        (
            (
                plan.name,
                str(plan.version),
                trigger_words(plan.trigger),
                str(sum(isinstance(step, Send) for step in plan.steps)),
                f"paused {told(paused[plan.name])}" if plan.name in paused else "runs",
            )
            for plan in plans
        ),
    )
