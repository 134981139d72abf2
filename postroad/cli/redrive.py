"""`postroad queues redrive`: send again what ended `invalid`, `failed` or `held`, or was given up by SQS."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli import redrive_text as text
from postroad.cli.completing import complete_streams
from postroad.cli.confirming import confirm
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.progress import counter
from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status
from postroad.redriving.judging import Leave, Why

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.redriving.redrive import Outcome, Redriving
    from postroad.redriving.selection import Selection
    from postroad.redriving.survey import Found, Survey

EXAMPLES = (
    "postroad queues redrive --stream transactional --reason template_data",
    "postroad --stage prod queues redrive --stream transactional --dry-run",
    "postroad queues redrive --stream transactional --message-id order-1042 --despite-unknown-outcome",
)
MOST = 5000


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
        typer.Option("--stream", help="The stream.", show_default=False, autocompletion=complete_streams),
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
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The most messages to send again.")] = 1000,
    despite_unknown_outcome: Annotated[
        bool,
        typer.Option(
            "--despite-unknown-outcome",
            help="Also what may have been sent already: it may then arrive twice.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send again what is invalid, failed or held, and what SQS gave up, when its cause is mended.

    Its row is re-opened in your name, and its body goes back to the stream's queue. Whatever else is found
    there is left alone, and listed with the reason.
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
    try:
        _run(wiring, redriving, survey, dry_run=dry_run, yes=yes, as_json=as_json)
    finally:
        redriving.end(survey)


def assemble(wiring: Wiring, stream: str) -> Redriving:
    """Put the use case together over a stage's resources."""
    from postroad.clock import SystemClock  # noqa: PLC0415 - see open_stage
    from postroad.redriving.redrive import Redriving  # noqa: PLC0415 - see open_stage
    from postroad.redriving.sqs import SqsDeadLetterBox, SqsStreamQueue  # noqa: PLC0415 - see open_stage

    return Redriving(
        ledger=wiring.ledger,
        bodies=wiring.bodies,
        letters=SqsDeadLetterBox(wiring.sqs, wiring.mail.stream_dead_letters(stream)),
        queue=SqsStreamQueue(wiring.sqs, wiring.mail.stream_queue(stream)),
        clock=SystemClock(),
        operator=operator(),
    )


def exit_code(selection: Selection, ends: list[tuple[Found, Outcome | None]]) -> ExitCode:
    """Return how the command ends: a message that was asked for by its id and left alone is a refusal."""
    from postroad.redriving.redrive import Interrupted, Moved  # noqa: PLC0415 - msgspec; see open_stage

    if any(isinstance(outcome, Interrupted) for _, outcome in ends):
        moved = any(isinstance(outcome, Moved) for _, outcome in ends)
        return ExitCode.PARTLY if moved else ExitCode.FAILED
    if not selection.message_ids:
        return ExitCode.OK
    left = [outcome.why for _, outcome in ends if isinstance(outcome, Leave)]
    if Why.NOT_FOUND in left:
        return ExitCode.NOT_FOUND
    return ExitCode.REFUSED if left else ExitCode.OK


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


def _run(
    wiring: Wiring, redriving: Redriving, survey: Survey, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    ends: list[tuple[Found, Outcome | None]] = [
        (found, found.verdict) for found in survey.left if isinstance(found.verdict, Leave)
    ]
    moving = survey.to_move
    if not as_json:
        _show(survey, moving)
    if dry_run:
        ends += [(found, None) for found in moving]
    elif moving:
        confirm(text.question(moving), wiring=wiring, yes=yes, as_json=as_json)
        moved: list[tuple[Found, Outcome | None]] = []
        with counter("sending again", total=len(moving)) as done:
            for number, found in enumerate(moving, start=1):
                moved.append((found, redriving.carry_out(survey, found)))
                done(number)
        ends += moved
        if not as_json:
            _tell(moved)
    if as_json:
        print_json(
            {
                "stream": survey.selection.stream,
                "dry_run": dry_run,
                "messages": [text.as_object(found, outcome) for found, outcome in ends],
                "more": survey.more,
            }
        )
    if (code := exit_code(survey.selection, ends)) is not ExitCode.OK:
        raise typer.Exit(code)


def _show(survey: Survey, moving: list[Found]) -> None:
    forgotten = [found for found in survey.left if found.is_forgotten and not survey.selection.message_ids]
    left = [found for found in survey.left if found not in forgotten]
    if moving:
        print_lines(["to be sent again"])
        print_table(("message id", "status", "reason", "what happens"), map(text.cells, moving))
    if left:
        print_lines([*([""] if moving else []), "left alone"])
        print_table(("message id", "status", "reason", "why"), map(text.cells, left))
    if forgotten:
        print_lines(
            [f"{len(forgotten)} bodies are still kept of messages that have ended; they go by themselves."]
        )
    if not moving:
        print_lines(["Nothing is to be sent again."])
    if survey.more:
        print_lines(
            [f"There is more: --limit {survey.selection.limit} ended the search. Repeat the command."]
        )
    if doubtful := sum(map(text.is_doubtful, left)):
        print_lines(
            [f"{doubtful} may have been sent: nobody knows. See `postroad why <message_id>` of each."]
        )


def _tell(ends: list[tuple[Found, Outcome | None]]) -> None:
    from postroad.redriving.redrive import Interrupted, Moved  # noqa: PLC0415 - msgspec; see open_stage

    moved = sum(isinstance(outcome, Moved) for _, outcome in ends)
    print_lines(["", f"{moved} on the queue again. `postroad why <message_id>` tells what becomes of each."])
    for found, outcome in ends:
        if isinstance(outcome, Leave):
            print_lines([f"{found.message_id} is left alone after all: {text.of_left(found, outcome)}"])
        elif isinstance(outcome, Interrupted):
            print_lines([f"{found.message_id} is not finished: {outcome.what}. Repeat the command."])
