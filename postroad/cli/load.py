"""`postroad load`: traffic of a described mix, for a stage that can't mail customers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import typer

from postroad.cli import load_text, loading
from postroad.cli.confirming import confirm
from postroad.cli.load_options import (
    DEFAULT_COUNT,
    MOST,
    AttachedOption,
    AttachmentBytesOption,
    BouncesOption,
    BytesOption,
    ComplaintsOption,
    CountOption,
    DuplicatesOption,
    LocaleOption,
    MixOption,
    RateOption,
    ScheduledOption,
    ScheduledSecondsOption,
    SecondsOption,
    StreamOption,
    TemplateOption,
    ThreadsOption,
    TopicOption,
    WatchOption,
    WatchSecondsOption,
)
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.names import LOCAL_STAGE

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.load.enqueueing import Tally
    from postroad.load.making import Plan

EXAMPLES = (
    "postroad load --count 1000 --watch",
    "postroad load --rate 50 --seconds 60 --template order_confirmation --bounces 0.02 --watch",
    "postroad --stage staging load --mix sale.toml --rate 200 --seconds 300",
)


def load(
    context: typer.Context,
    *,
    count: CountOption = None,
    rate: RateOption = None,
    seconds: SecondsOption = None,
    mix: MixOption = None,
    stream: StreamOption = None,
    template: TemplateOption = None,
    locale: LocaleOption = None,
    topic: TopicOption = None,
    bytes_: BytesOption = None,
    bounces: BouncesOption = None,
    complaints: ComplaintsOption = None,
    scheduled: ScheduledOption = None,
    scheduled_seconds: ScheduledSecondsOption = None,
    duplicates: DuplicatesOption = None,
    attached: AttachedOption = None,
    attachment_bytes: AttachmentBytesOption = None,
    threads: ThreadsOption = 8,
    watch: WatchOption = False,
    watch_seconds: WatchSecondsOption = 180,
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
    plan = loading.plan(wiring, described, total, now=utcnow())
    _ask(wiring, plan, yes=yes, as_json=as_json)
    loading.put_attachments(wiring, plan)
    tally = loading.enqueue(wiring, plan, rate=rate, threads=threads)
    report = _report(wiring, plan, tally)
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


def _report(wiring: Wiring, plan: Plan, tally: Tally) -> dict[str, Any]:
    return {
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
