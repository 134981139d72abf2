"""`postroad load`: traffic of a described mix, for a stage that can't mail customers."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli import load_text, loading
from postroad.cli.completing import complete_streams, complete_templates
from postroad.cli.confirming import confirm
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.load.making import Plan

EXAMPLES = (
    "postroad load --count 1000 --watch",
    "postroad load --rate 50 --seconds 60 --template order_confirmation --bounces 0.02 --watch",
    "postroad --stage staging load --mix sale.toml --rate 200 --seconds 300",
)
DEFAULT_COUNT = 100
MOST = 1_000_000
LONGEST = 7 * 86_400


def load(
    context: typer.Context,
    *,
    count: Annotated[
        int | None,
        typer.Option(
            "--count",
            min=1,
            max=MOST,
            help=f"How many messages; {DEFAULT_COUNT} if --seconds isn't given either.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", min=0.01, max=MOST, help="How many a second; else as fast as the queue takes them."
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=0.1, max=LONGEST, help="How long at --rate, instead of --count."),
    ] = None,
    mix: Annotated[
        Path | None,
        typer.Option(
            "--mix", help="A TOML file with kinds of messages, instead of the options that describe one."
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(
            "--stream",
            help="Their stream; else transactional.",
            show_default=False,
            autocompletion=complete_streams,
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            help="A folder of templates/, shown with its example; else plain text.",
            show_default=False,
            autocompletion=complete_templates,
        ),
    ] = None,
    locale: Annotated[
        list[str] | None, typer.Option("--locale", help="A locale; several take turns.")
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option("--topic", help="Their topic; else the stream's first, where it asks for one."),
    ] = None,
    bytes_: Annotated[
        int | None,
        typer.Option("--bytes", min=0, help="Bytes of text, or of data beside the example."),
    ] = None,
    bounces: Annotated[
        float | None, typer.Option("--bounces", min=0, max=1, help="The share that bounces hard.")
    ] = None,
    complaints: Annotated[
        float | None, typer.Option("--complaints", min=0, max=1, help="The share that complains.")
    ] = None,
    scheduled: Annotated[
        float | None, typer.Option("--scheduled", min=0, max=1, help="The share for a later time.")
    ] = None,
    scheduled_seconds: Annotated[
        float | None, typer.Option("--scheduled-seconds", min=1, help="How much later at most; else 120.")
    ] = None,
    duplicates: Annotated[
        float | None, typer.Option("--duplicates", min=0, max=1, help="The share that is enqueued twice.")
    ] = None,
    attached: Annotated[
        float | None, typer.Option("--attached", min=0, max=1, help="The share with a file attached.")
    ] = None,
    attachment_bytes: Annotated[
        int | None, typer.Option("--attachment-bytes", min=1, help="How large that file is; else 20,000.")
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=10, help="Requests to SQS at once.")] = 8,
    watch: Annotated[
        bool, typer.Option("--watch", help="Wait for what becomes of them, and count it.")
    ] = False,
    watch_seconds: Annotated[
        int, typer.Option("--watch-seconds", min=1, help="Give up when nothing has changed for so long.")
    ] = 180,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enqueue traffic of a described mix, on stages that can't mail customers alone.

    Every mail goes to SES's mailbox simulator, which delivers, bounces or complains as its address says.
    With --watch it ends with 0 if each message ended as its address says, else with 1.
    """
    options = {
        "stream": stream, "template": template, "locales": locale, "topic": topic, "bytes": bytes_,
        "bounces": bounces, "complaints": complaints, "scheduled": scheduled,
        "scheduled_seconds": scheduled_seconds, "duplicates": duplicates, "attached": attached,
        "attachment_bytes": attachment_bytes,
    }  # fmt: skip
    described = loading.describe(
        mix, {key: value for key, value in options.items() if value not in (None, [])}
    )
    total = _count(count, rate, seconds)
    wiring = open_stage(context, stage)
    loading.check_stage(wiring)
    plan = loading.plan(wiring, described, total, now=datetime.now(UTC))
    _ask(wiring, plan, yes=yes, as_json=as_json)
    loading.put_attachments(wiring, plan)
    tally = loading.enqueue(wiring, plan, rate=rate, threads=threads)
    report: dict[str, Any] = {
        "stage": wiring.stage,
        "run": plan.run,
        "enqueued": {
            "messages": tally.messages,
            "copies": tally.copies,
            "seconds": round(tally.seconds, 3),
            "per_second": round(tally.per_second, 1),
        },
        "not_enqueued": {"messages": tally.not_enqueued, "why": dict(tally.why.most_common())},
        "watched": None,
    }
    code = ExitCode.PARTLY if tally.not_enqueued or tally.stopped else ExitCode.OK
    if watch:
        report["watched"], as_wanted = loading.watch(wiring, tally, patience=watch_seconds)
        code = code if as_wanted else ExitCode.FAILED
    if as_json:
        print_json(report)
    else:
        load_text.print_report(report)
    if code is not ExitCode.OK:
        raise typer.Exit(code)


def _count(count: int | None, rate: float | None, seconds: float | None) -> int:
    if seconds is None:
        return DEFAULT_COUNT if count is None else count
    if count is not None or rate is None:
        what = (
            "--count and --seconds both say how many." if rate else "--seconds says how long, at which rate?"
        )
        raise Problem(what, "Give --rate with --seconds, or --count, with --rate or without.", ExitCode.USAGE)
    total = math.ceil(rate * seconds)
    if total > MOST:
        raise Problem(
            f"That makes {total:,} messages; {MOST:,} are the most of one run.",
            "Give less, or run several one after the other.",
            ExitCode.USAGE,
        )
    return total


def _ask(wiring: Wiring, plan: Plan, *, yes: bool, as_json: bool) -> None:
    """Ask, where it costs something; the local stage has nobody to pay."""
    if wiring.stage == LOCAL_STAGE:
        return
    confirm(
        f"Enqueue {plan.count:,} messages to SES's mailbox simulator, which costs as much as other mail?",
        wiring=wiring,
        yes=yes,
        as_json=as_json,
    )
