"""`postroad queues redrive`: send again what ended `invalid`, `failed` or `held`, or was given up by SQS."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from postroad.cli.message_ids import check_message_ids
from postroad.cli.options import (
    DespiteUnknownOutcomeOption,
    DryRunOption,
    JsonOption,
    SendAgainLimitOption,
    StageOption,
    YesOption,
    open_stage,
    stream_option,
)
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.progress import counter
from postroad.cli.sending_again import Run, Wanted, assemble, send_again
from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status

EXAMPLES = (
    "postroad queues redrive --stream transactional --reason template_data",
    "postroad --stage prod queues redrive --stream transactional --dry-run",
    "postroad queues redrive --stream transactional --message-id order-1042 --despite-unknown-outcome",
)


class Reopened(StrEnum):
    """The statuses that can be re-opened."""

    HELD = Status.HELD.value
    INVALID = Status.INVALID.value
    FAILED = Status.FAILED.value


def redrive(
    context: typer.Context,
    *,
    stream: Annotated[
        str,
        stream_option("The stream."),
    ],
    message_id: Annotated[
        list[str] | None, typer.Option("--message-id", help="Only this message; may be repeated.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Only these, like template_data.", show_default=False),
    ] = None,
    status: Annotated[
        Reopened | None, typer.Option("--status", help="Only those of this status.", show_default=False)
    ] = None,
    limit: SendAgainLimitOption = 1000,
    despite_unknown_outcome: DespiteUnknownOutcomeOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send again what is invalid or held, and what SQS gave up, when its cause is mended.

    Its row is re-opened in your name, and its body goes back to the stream's queue. Whatever else is found
    there is left alone, and listed with the reason. What SES refused for good (failed) is sent again only if
    you name it, or its status.
    """
    from postroad.redriving.selection import Selection  # noqa: PLC0415 - msgspec; see open_stage

    _check(message_id, reason, status)
    selection = Selection(
        stream=stream,
        message_ids=frozenset(message_id or ()),
        reason=reason or "",
        status=None if status is None else Status(status.value),
        limit=limit,
        despite_unknown_outcome=despite_unknown_outcome,
    )
    wiring = open_stage(context, stage)
    redriving = assemble(wiring, stream)
    with counter("looking", total=None) as seen:
        survey = redriving.survey(selection, on_progress=seen)
    wanted = Wanted(
        named=bool(message_id),
        limit=limit,
        about={"stream": stream},
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )
    try:
        send_again(wiring, [Run(redriving, survey)], wanted)
    finally:
        redriving.end(survey)


def _check(message_id: list[str] | None, reason: str | None, status: Reopened | None) -> None:
    if message_id and (reason or status):
        raise Problem(
            "--message-id names messages, whatever their status and reason.",
            "Leave out --status and --reason.",
            ExitCode.USAGE,
        )
    if reason is not None and reason not in {*Reason, RECEIVES_EXHAUSTED}:
        raise Problem(
            f"{reason!r} is no reason.",
            "`postroad queues` shows those of the dead letters; docs/reference/contract.md lists all.",
            ExitCode.USAGE,
        )
    check_message_ids(message_id or ())
