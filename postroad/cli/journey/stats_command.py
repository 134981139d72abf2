"""`postroad journey stats`: how far contacts are in a journey, and what became of its mails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode
from postroad.cli.report import MOST_DAYS
from postroad.clock import utcnow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from postroad.cli.wiring import Wiring
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan
    from postroad.stats.reporting import Report, Tally

EXAMPLES = ("postroad --stage prod journey stats welcome", "postroad journey stats welcome --days 90 --json")


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


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of the mails of a journey: a line for each step, those of its newest version first."""

    report: Report
    lines: dict[str, Tally]
    reached: datetime | None
    at_work: bool
    now: datetime


def stats_command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The journey.", show_default=False, autocompletion=complete_journeys)
    ],
    *,
    days: Annotated[
        int,
        typer.Option(min=1, max=MOST_DAYS, help="Show the mails of the last so many days, today among them."),
    ] = 30,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count where the contacts of a journey stand, why others' walks are over, and what became of its mails.

    It counts the latest walk of each contact and key, those that are over for 400 days. It reads the whole
    table of journeys, which takes a while where there are millions. Mails are counted as `postroad report`
    counts them, by the day (UTC) on which SES took them, all versions of the journey together.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.repository import JOURNEYS, Repository  # noqa: PLC0415 - Jinja2 and pydantic
    from postroad.journey_files.records import read_records  # noqa: PLC0415 - as above

    Repository.named(name)
    standing = Standing()
    for page in wiring.walks.pages(name):
        standing.count(page)
    plans = read_records(JOURNEYS, [])
    mailed = _mailed(wiring, name, _mail_steps(name, plans), days=days)
    if as_json:
        print_json(_record(name, standing, mailed))
    else:
        print_lines(_told(name, standing, plans))
        _print_mails(mailed)
    if not (standing.walks or mailed.report.lines):
        raise typer.Exit(ExitCode.NOT_FOUND)


def _mail_steps(name: str, plans: dict[tuple[str, int], Plan]) -> list[str]:
    """Return the steps that send in the newest version that is recorded, in its order."""
    from postroad.journeys.plan import Send  # noqa: PLC0415 - as above

    versions = [version for journey, version in plans if journey == name]
    steps = plans[name, max(versions)].steps if versions else ()
    return [step.id for step in steps if isinstance(step, Send)]


def _mailed(wiring: Wiring, name: str, steps: list[str], *, days: int) -> Mailed:
    from postroad.cli.counted import read_days  # noqa: PLC0415 - as above
    from postroad.stats.reporting import Tally, at_steps, counted_until, dates, reported  # noqa: PLC0415 - as above
    from postroad.stats.words import STEPS  # noqa: PLC0415 - as above

    now = utcnow()
    last = now.date()
    first = last - timedelta(days=days - 1)
    found = read_days(wiring.counters, dates(first, last), wiring.mail.streams_meant(None), STEPS)
    report = reported(STEPS, first, last, ((day, at_steps(name, values)) for day, values in found))
    lines = {step: report.lines.get(step) or Tally() for step in dict.fromkeys((*steps, *report.lines))}
    reached, at_work = counted_until(wiring.counters.positions(), now=now)
    return Mailed(report, lines, reached, at_work, now)


def _record(name: str, standing: Standing, mailed: Mailed) -> dict[str, Any]:
    from postroad.cli.counted import counted_document  # noqa: PLC0415 - as above
    from postroad.stats.reporting import tally_document  # noqa: PLC0415 - as above

    return {
        "journey": name,
        "walks": standing.walks,
        "under_way": [
            {"version": version, "step": step, "contacts": number}
            for (version, step), number in sorted(standing.at_step.items())
        ],
        "ended": dict(sorted(standing.ended.items())),
        "sent": dict(sorted(standing.sent.items())),
        "mails": {
            "from": mailed.report.first.isoformat(),
            "to": mailed.report.last.isoformat(),
            "steps": [{"step": step, **tally_document(tally)} for step, tally in mailed.lines.items()],
            "counted": counted_document(mailed.reached, at_work=mailed.at_work, now=mailed.now),
        },
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


def _print_mails(mailed: Mailed) -> None:
    from postroad.cli.output import console  # noqa: PLC0415 - as above
    from postroad.cli.report_text import COLUMNS, print_tallies, told_reached  # noqa: PLC0415 - as above
    from postroad.stats.words import Metric  # noqa: PLC0415 - as above

    first, last = mailed.report.first, mailed.report.last
    span = str(first) if first == last else f"{first} to {last}"
    if not mailed.report.lines:
        print_lines(["", f"No mails of it are counted, {span}."])
    else:
        print_lines(["", f"what became of its mails, {span} (UTC days on which SES took them)"])
        print_tallies(
            console(),
            mailed.lines,
            head="step",
            shares=COLUMNS,
            numbers=((Metric.NOT_SENT_CAPPED, "capped"),),
        )
    print_lines([told_reached(mailed.reached, mailed.now, at_work=mailed.at_work)])
