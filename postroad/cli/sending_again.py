"""Shows what is to be sent again, asks, does it and tells: `queues redrive` and `held release` share this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from postroad.cli import redrive_text as text
from postroad.cli.confirming import confirm
from postroad.cli.operators import operator
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode
from postroad.cli.progress import counter
from postroad.redriving.judging import Leave, WhyLeft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from postroad.cli.wiring import Wiring
    from postroad.redriving.redrive import Outcome, Redriving
    from postroad.redriving.survey import Found, Survey


@dataclass(frozen=True, slots=True)
class Run:
    """One stream's use case with what it has found; `redriving.end` is the caller's to call."""

    redriving: Redriving
    survey: Survey


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the words of the command ask for. `named`: by their ids, so that what is left alone is a refusal.

    `limit` is the most messages; `about` goes into the JSON document.
    """

    named: bool
    limit: int
    about: Mapping[str, Any]
    dry_run: bool = False
    yes: bool = False
    as_json: bool = False


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


def send_again(wiring: Wiring, runs: Sequence[Run], wanted: Wanted, *, missing: Sequence[Found] = ()) -> None:
    """Show, ask, send again and tell; ends the command with its exit code if that isn't 0.

    `missing` are messages that were asked for and that no run can know of.
    """
    left = [*missing, *(found for run in runs for found in run.survey.left)]
    moving = [(run, found) for run in runs for found in run.survey.to_move]
    more = any(run.survey.more for run in runs)
    ends: list[tuple[Found, Outcome | None]] = [
        (found, found.judgement) for found in left if isinstance(found.judgement, Leave)
    ]
    if not wanted.as_json:
        waiting = sum(run.survey.waiting for run in runs)
        _show(left, [found for _, found in moving], wanted, waiting=waiting, more=more)
    if wanted.dry_run:
        ends += [(found, None) for _, found in moving]
    elif moving:
        question = text.question([found for _, found in moving])
        confirm(question, wiring=wiring, yes=wanted.yes, as_json=wanted.as_json)
        moved: list[tuple[Found, Outcome | None]] = []
        with counter("sending again", total=len(moving)) as done:
            for number, (run, found) in enumerate(moving, start=1):
                moved.append((found, run.redriving.carry_out(run.survey, found)))
                done(number)
        ends += moved
        if not wanted.as_json:
            _tell(moved)
    if wanted.as_json:
        messages = [text.as_object(found, outcome) for found, outcome in ends]
        print_json({**wanted.about, "dry_run": wanted.dry_run, "messages": messages, "more": more})
    if (code := exit_code(ends, named=wanted.named)) is not ExitCode.OK:
        raise typer.Exit(code)


def exit_code(ends: list[tuple[Found, Outcome | None]], *, named: bool) -> ExitCode:
    """Return how the command ends: a message that was asked for by its id and left alone is a refusal."""
    from postroad.redriving.redrive import Interrupted, Moved  # noqa: PLC0415 - msgspec; see open_stage

    if any(isinstance(outcome, Interrupted) for _, outcome in ends):
        moved = any(isinstance(outcome, Moved) for _, outcome in ends)
        return ExitCode.PARTLY if moved else ExitCode.FAILED
    if not named:
        return ExitCode.OK
    left = [outcome.why for _, outcome in ends if isinstance(outcome, Leave)]
    if WhyLeft.NOT_FOUND in left:
        return ExitCode.NOT_FOUND
    return ExitCode.REFUSED if left else ExitCode.OK


def _show(left: list[Found], moving: list[Found], wanted: Wanted, *, waiting: int, more: bool) -> None:
    forgotten = [found for found in left if found.is_forgotten and not wanted.named]
    left = [found for found in left if found not in forgotten]
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
    if waiting:
        print_lines([f"{waiting} wait for their time, or for SES's events to decide them; they go on alone."])
    if not moving:
        print_lines(["Nothing is to be sent again."])
    if more:
        print_lines([f"There is more: --limit {wanted.limit} ended the search. Repeat the command."])
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
