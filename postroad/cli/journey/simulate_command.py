"""`postroad journey simulate`: journeys walked before they run."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.completing import complete_journeys
from postroad.cli.files import whole
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postroad.journeys.timeline import Line

EXAMPLES = (
    "postroad journey simulate welcome --contacts contacts.csv --events events.jsonl",
    "postroad journey simulate --contacts contacts.csv --events events.jsonl --days 90 --output timeline.txt",
)
_MOST_DAYS = 3660


def simulate_command(
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
    contacts: Annotated[
        str | None,
        typer.Option(
            "--contacts", help="Who: CSV or JSON Lines, as `contact import` takes it.", show_default=False
        ),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option("--events", help="What they do: a postroad.event.v1 a line.", show_default=False),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=_MOST_DAYS, help="For how many days.")] = 60,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="From when on, as 2026-03-01 or 2026-03-01T08:00:00Z; without it from the first event.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="Write the timeline into this file too: as JSON Lines where its name ends in .jsonl.",
            show_default=False,
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walk journeys as their files stand, with made-up people and days, and show which mail leaves when.

    The decisions are those of the engine that runs on AWS, with the stage's caps, hours and holidays; nothing
    is asked of AWS, and no mail is sent.
    """
    wiring = open_stage(context, stage)
    from postroad.cli.journey.cast import read_cast  # noqa: PLC0415 - Jinja2 and pydantic, see open_stage
    from postroad.cli.journey.repository import Repository  # noqa: PLC0415 - as above
    from postroad.cli.journey.stage import stage_of  # noqa: PLC0415 - as above
    from postroad.journeys.running import Plans  # noqa: PLC0415 - as above
    from postroad.journeys.simulating import Simulation  # noqa: PLC0415 - as above
    from postroad.journeys.timeline import record, timeline, who_of  # noqa: PLC0415 - as above

    repository = Repository.open(wiring.configuration)
    plans = repository.drafts(name or ())
    surrounding = stage_of(wiring.configuration, repository.world.declared)
    declared = surrounding.declared
    cast = read_cast(
        contacts=contacts,
        events=events,
        topics=wiring.topics,
        declared=None if declared is None else declared.events,
    )
    begins = _moment(start) if start else min((event.at for _, event in cast.events), default=None)
    if begins is None:
        raise Problem(
            "Nothing would happen: there are no events.",
            "Give --events a file with what people do, or --from for journeys that begin with a date.",
            ExitCode.USAGE,
        )
    simulation = Simulation(
        Plans(plans),
        cast.contacts.values(),
        around=surrounding.around,
        declared=declared,
        caps=surrounding.caps,
    )
    ends = begins + timedelta(days=days)
    lines = simulation.run(cast.events, until=ends, since=begins)
    people = who_of(cast.contacts.values(), surrounding.zones(cast.contacts))
    records = (record(line, people) for line in lines)
    if output is not None:
        _write(
            output,
            map(as_one_line, records) if output.suffix == ".jsonl" else timeline(lines, people),
        )
    counts = counted(lines)
    if as_json:
        print_json(
            {
                "from": begins,
                "until": ends,
                "contacts": len(cast.contacts),
                "events": len(cast.events),
                "journeys": counts,
                "timeline": [record(line, people) for line in lines],
            }
        )
        return
    print_lines(timeline(lines, people))
    print_lines(["", *summary(counts, contacts=len(cast.contacts), begins=begins, ends=ends)])


def counted(lines: Iterable[Line]) -> dict[str, dict[str, int]]:
    """Return by journey how often each thing happened; mails by their step as well, as `mail hello`."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        if line.journey:
            theirs = counts.setdefault(line.journey, Counter())
            theirs[line.what] += 1
            if line.what == "mail":
                theirs[f"mail {line.step}"] += 1
    return {journey: dict(sorted(theirs.items())) for journey, theirs in sorted(counts.items())}


def summary(
    counts: dict[str, dict[str, int]], *, contacts: int, begins: datetime, ends: datetime
) -> Sequence[str]:
    """Return the end of the text."""
    when = f"{begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC"
    lines = [f"{contacts:,} {'contact' if contacts == 1 else 'contacts'}, {when}"]
    for journey, theirs in counts.items():
        said = ", ".join(f"{what} {number:,}" for what, number in theirs.items())
        lines.append(f"  {journey}: {said}")
    return lines if counts else [*lines, "  nobody began a journey"]


def as_one_line(said: dict[str, Any]) -> str:
    """Return one thing that happened as a line of JSON."""
    return json.dumps(said, ensure_ascii=False)


def _write(output: Path, lines: Iterable[str]) -> None:
    with whole(output) as stream:
        stream.writelines(f"{line}\n" for line in lines)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            f"{text!r} is no time.", "Write --from 2026-03-01 or 2026-03-01T08:00:00Z.", ExitCode.USAGE
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
