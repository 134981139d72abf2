"""`postroad journey list` and `stats`: all journeys of a stage, and how far contacts are in one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.journey.pause_commands import told
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

LIST_EXAMPLES = ("postroad --stage prod journey list",)
STATS_EXAMPLES = ("postroad --stage prod journey stats welcome",)


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


@dataclass(slots=True)
class Standing:
    """How many contacts of a journey stand where, by their latest walk with each key."""

    walks: int = 0
    at_step: Counter[tuple[int, str]] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def count(self, walks: Iterable[Enrolment]) -> None:
        """Count these too."""
        for walk in walks:
            self.walks += 1
            self.sent.update(walk.sent.keys())
            if walk.ended is None:
                self.at_step[walk.version, walk.step] += 1
            else:
                self.ended[walk.ended.value] += 1


def stats_command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The journey.", show_default=False, autocompletion=complete_journeys)
    ],
    *,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count where the contacts of a journey stand, why others' walks are over, and what was sent on the way.

    It counts the latest walk of each contact and key, those that are over for 400 days. It reads the whole
    table of journeys, which takes a while where there are millions.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import JOURNEYS, Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journey_files.records import read_records  # noqa: PLC0415 - as above

    Repository.named(name)
    standing = Standing()
    for page in wiring.walks.pages(name):
        standing.count(page)
    plans = read_records(JOURNEYS, [])
    if as_json:
        print_json(_record(name, standing))
    else:
        print_lines(_told(name, standing, plans))
    if not standing.walks:
        raise typer.Exit(ExitCode.NOT_FOUND)


def _record(name: str, standing: Standing) -> dict[str, Any]:
    return {
        "journey": name,
        "walks": standing.walks,
        "under_way": [
            {"version": version, "step": step, "contacts": number}
            for (version, step), number in sorted(standing.at_step.items())
        ],
        "ended": dict(sorted(standing.ended.items())),
        "sent": dict(sorted(standing.sent.items())),
    }


def _told(name: str, standing: Standing, plans: dict[tuple[str, int], Plan]) -> Iterator[str]:
    from postroad.journey_files.drawing import named  # noqa: PLC0415 - as above

    yield f"{name}: {standing.walks:,} {'walk' if standing.walks == 1 else 'walks'}"
    if standing.at_step:
        yield ""
        yield f"under way: {standing.at_step.total():,}"
        for (version, place), number in sorted(standing.at_step.items()):
            plan = plans.get((name, version))
            step = plan.step(place) if plan else None
            yield f"  {number:>9,}  version {version}, {named(step) if step else place}"
    if standing.ended:
        yield ""
        yield f"over: {standing.ended.total():,}"
        yield from (f"  {number:>9,}  {why}" for why, number in standing.ended.most_common())
    if standing.sent:
        yield ""
        yield "mails on the way"
        yield from (f"  {number:>9,}  {step}" for step, number in standing.sent.most_common())
