"""`postroad held release`: send again what is held, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

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
from postroad.contract.words import Reason, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.cli.wiring import Wiring
    from postroad.ledger.row import Row
    from postroad.redriving.survey import Found

EXAMPLES = (
    "postroad held release order-1042-confirmation",
    "postroad --stage prod held release --all --reason recipient_not_allowed",
    "postroad held release order-1042-confirmation --despite-unknown-outcome",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages the words of the command mean, in the streams that they belong to."""

    ids: dict[str, frozenset[str]]
    missing: tuple[Found, ...] = ()
    more: bool = False


def release(
    context: typer.Context,
    message_id: Annotated[
        list[str] | None, typer.Argument(help="The messages to send again.", show_default=False)
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="All that is held, instead of named messages.")
    ] = False,
    stream: Annotated[
        str | None,
        stream_option("With --all: only this stream's."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", help="With --all: only these, like recipient_not_allowed.", show_default=False
        ),
    ] = None,
    limit: SendAgainLimitOption = 1000,
    despite_unknown_outcome: DespiteUnknownOutcomeOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send again what is held, when its cause is mended.

    Its row is re-opened in your name, and its body goes back to the stream's queue, where it is judged anew.
    """
    from postroad.redriving.selection import Selection  # noqa: PLC0415 - msgspec; see open_stage

    named = frozenset(message_id or ())
    _check(named, every=every, stream=stream, reason=reason)
    wiring = open_stage(context, stage)
    asked = _named(wiring, named) if named else _every(wiring, stream, reason, limit)
    runs: list[Run] = []
    with counter("looking", total=None) as seen:
        for name, ids in asked.ids.items():
            redriving = assemble(wiring, name)
            selection = Selection(
                stream=name,
                message_ids=ids,
                status=Status.HELD,
                limit=limit,
                despite_unknown_outcome=despite_unknown_outcome,
            )
            survey = redriving.survey(selection, on_progress=seen)
            survey.more = survey.more or asked.more
            runs.append(Run(redriving, survey))
    wanted = Wanted(
        named=bool(named),
        limit=limit,
        about={"stream": stream},
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )
    try:
        send_again(wiring, runs, wanted, missing=asked.missing)
    finally:
        for run in runs:
            run.redriving.end(run.survey)


def check_reason(reason: str | None) -> None:
    """Raise Problem if this is no reason."""
    if reason is not None and reason not in {*Reason}:
        raise Problem(
            f"{reason!r} is no reason.",
            "`postroad held list` shows those of what is held; docs/reference/contract.md lists all.",
            ExitCode.USAGE,
        )


def _check(named: frozenset[str], *, every: bool, stream: str | None, reason: str | None) -> None:
    if bool(named) == every:
        raise Problem(
            "Name messages, or say --all.",
            f"For example: {EXAMPLES[0]}",
            ExitCode.USAGE,
        )
    if named and (stream or reason):
        raise Problem(
            "An id names a message, whatever its stream and reason.",
            "Leave out --stream and --reason, or say --all instead of the ids.",
            ExitCode.USAGE,
        )
    check_reason(reason)
    check_message_ids(named)


def _named(wiring: Wiring, named: frozenset[str]) -> Asked:
    from postroad.redriving.judging import Leave, WhyLeft  # noqa: PLC0415 - msgspec; see open_stage
    from postroad.redriving.survey import Found  # noqa: PLC0415 - as above

    rows: dict[str, Row | None] = {each: wiring.ledger.get(each) for each in sorted(named)}
    missing = [
        Found(each, Leave(WhyLeft.NOT_FOUND)) for each, row in rows.items() if row is None or not row.stream
    ]
    return Asked(_by_stream([row for row in rows.values() if row is not None]), tuple(missing))


def _every(wiring: Wiring, stream: str | None, reason: str | None, limit: int) -> Asked:
    from postroad.redriving.holding import find_held  # noqa: PLC0415 - as above

    streams = wiring.mail.streams_meant(stream)
    with counter("looking", total=None) as seen:
        held = find_held(
            wiring.held, wiring.ledger, streams, reason=reason or "", limit=limit, on_progress=seen
        )
    return Asked(_by_stream(held.rows), more=held.more)


def _by_stream(rows: Sequence[Row]) -> dict[str, frozenset[str]]:
    streams: dict[str, set[str]] = {}
    for row in rows:
        if row.stream:
            streams.setdefault(row.stream, set()).add(row.message_id)
    return {stream: frozenset(ids) for stream, ids in sorted(streams.items())}
