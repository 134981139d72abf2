"""`postroad report`: what became of the mail of some days, as rates with their denominators."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer

from postroad.cli.options import JsonOption, OneStreamOption, StageOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.stats.words import MARGINALS, STEPS, Dimension, pair_of

EXAMPLES = (
    "postroad report",
    "postroad --stage prod report --days 30 --by campaign",
    "postroad --stage prod report --days 30 --by journey.step",
    "postroad --stage prod report --from 2026-11-01 --to 2026-11-30 --stream marketing --by campaign.variant",
)
MOST_DAYS = 366
FIRST_YEAR = 2000


def complete_dimensions(incomplete: str) -> list[str]:
    """Offer the dimensions; which pairs are counted is the configuration's."""
    names = [*MARGINALS, "campaign.variant", "template.locale", STEPS]
    return [str(name) for name in names if name.startswith(incomplete)]


def report(
    context: typer.Context,
    *,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_DAYS, help="The last so many days, today among them.  [default: 7]"),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="The first day, as 2026-11-22.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The last day; today, if not given.", show_default=False)
    ] = None,
    stream: OneStreamOption = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="Tell apart by template, campaign, variant, locale, provider, journey, or a pair of them as "
            "campaign.variant or journey.step.",
            autocompletion=complete_dimensions,
            show_default=False,
        ),
    ] = Dimension.TOTAL.value,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of mail: delivered, bounced, complained about, opened, clicked, left.

    A mail belongs to the day (UTC) on which SES took it, whenever the rest happens.
    """
    wiring = open_stage(context, stage)
    now = utcnow()
    first, last = _span(days, since, until, today=now.date())
    _check_dimension(by)
    streams = wiring.mail.streams_meant(stream)

    # Imported late: --help needs none of it.
    from postroad.cli.counted import counted_document, read_days  # noqa: PLC0415 - see above
    from postroad.cli.report_text import print_report  # noqa: PLC0415 - as above
    from postroad.stats.reporting import as_document, counted_until, dates, reported  # noqa: PLC0415 - as above

    found = reported(by, first, last, read_days(wiring.counters, dates(first, last), streams, by))
    reached, at_work = counted_until(wiring.counters.positions(), now=now)
    if as_json:
        print_json(
            {
                "stage": wiring.stage,
                "streams": streams,
                **as_document(found),
                "counted": counted_document(reached, at_work=at_work, now=now),
            }
        )
        return
    print_report(found, streams=streams, reached=reached, at_work=at_work, now=now)


def _span(days: int | None, since: str | None, until: str | None, *, today: date) -> tuple[date, date]:
    if days is not None and since is not None:
        raise Problem("--days and --from name two first days.", "Give one of them.", ExitCode.USAGE)
    last = today if until is None else _day("--to", until)
    first = last - timedelta(days=(days or 7) - 1) if since is None else _day("--from", since)
    if first > last:
        raise Problem(
            f"--from is {first}, after --to, which is {last}.", "Give the earlier day first.", ExitCode.USAGE
        )
    if (last - first).days >= MOST_DAYS:
        raise Problem(
            f"From {first} to {last} are more than {MOST_DAYS} days.", "Ask for fewer.", ExitCode.USAGE
        )
    return first, last


def _day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Problem(f"{option} {text!r} is no day.", "Write it as 2026-11-22.", ExitCode.USAGE) from None
    if day.year < FIRST_YEAR:
        raise Problem(f"{option} {day} is long before any mail.", "Give a later day.", ExitCode.USAGE)
    return day


def _check_dimension(by: str) -> None:
    if by in {Dimension.TOTAL, *MARGINALS}:
        return
    try:
        pair_of(by)
    except ValueError:
        raise Problem(
            f"--by {by!r} is no dimension.",
            f"Name one of {', '.join(MARGINALS)}, or two of them joined by a dot, or {STEPS}.",
            ExitCode.USAGE,
        ) from None
