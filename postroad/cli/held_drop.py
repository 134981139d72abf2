"""`postroad held drop`: end what is held without sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli import held_text as text
from postroad.cli.confirming import confirm
from postroad.cli.message_ids import check_message_ids
from postroad.cli.operators import operator
from postroad.cli.options import DryRunOption, JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode
from postroad.cli.progress import counter
from postroad.redriving.judging import Leave, WhyLeft

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.ledger.row import Row
    from postroad.redriving.holding import DropOutcome, Dropping

    End = tuple[str, Row | None, DropOutcome | None]

EXAMPLES = (
    "postroad held drop order-1042-confirmation",
    "postroad --stage prod held drop order-1042-confirmation order-1043-confirmation --yes",
)


def drop(
    context: typer.Context,
    message_id: Annotated[list[str], typer.Argument(help="The messages to drop.", show_default=False)],
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """End held messages without sending them: they become cancelled, in your name, and can't be sent again.

    Their bodies are forgotten; their decision records stay, for `postroad why`.
    """
    check_message_ids(message_id)
    wiring = open_stage(context, stage)
    wiring.require_account()
    dropping = _assemble(wiring)
    ends, to_drop = _look(wiring, sorted(set(message_id)))
    if not as_json:
        _show(ends, to_drop)
    if dry_run:
        ends += [(row.message_id, row, None) for row in to_drop]
    elif to_drop:
        confirm(text.drop_question(to_drop), wiring=wiring, yes=yes, as_json=as_json)
        ends += _carry_out(dropping, to_drop, told=not as_json)
    if as_json:
        print_json({"dry_run": dry_run, "messages": [_object(end) for end in ends]})
    if (code := exit_code([outcome for _, _, outcome in ends])) is not ExitCode.OK:
        raise typer.Exit(code)


def exit_code(outcomes: list[DropOutcome | None]) -> ExitCode:
    """Return how the command ends; what is None was only looked at."""
    from postroad.redriving.holding import Dropped  # noqa: PLC0415 - msgspec; see open_stage
    from postroad.redriving.redrive import Interrupted  # noqa: PLC0415 - as above

    if any(isinstance(outcome, Interrupted) for outcome in outcomes):
        done = any(isinstance(outcome, Dropped) for outcome in outcomes)
        return ExitCode.PARTLY if done else ExitCode.FAILED
    left = [outcome.why for outcome in outcomes if isinstance(outcome, Leave)]
    if WhyLeft.NOT_FOUND in left:
        return ExitCode.NOT_FOUND
    return ExitCode.REFUSED if left else ExitCode.OK


def _assemble(wiring: Wiring) -> Dropping:
    from postroad.clock import SystemClock  # noqa: PLC0415 - see open_stage
    from postroad.redriving.holding import Dropping  # noqa: PLC0415 - as above

    return Dropping(
        ledger=wiring.ledger,
        bodies=wiring.bodies,
        clock=SystemClock(),
        operator=operator(),
        retention=wiring.cancelled_for,
    )


def _look(wiring: Wiring, message_ids: list[str]) -> tuple[list[End], list[Row]]:
    """Return what is left alone, and what can be dropped: held, or dropped by a run that was broken off."""
    from postroad.redriving.holding import judge_drop  # noqa: PLC0415 - as above

    left: list[End] = []
    to_drop: list[Row] = []
    with counter("looking", total=len(message_ids)) as seen:
        for number, message_id in enumerate(message_ids, start=1):
            row = wiring.ledger.get(message_id)
            judgement = Leave(WhyLeft.NOT_FOUND) if row is None else judge_drop(row, row)
            if row is None or isinstance(judgement, Leave):
                left.append((message_id, row, judgement))
            else:
                to_drop.append(row)
            seen(number)
    return left, to_drop


def _carry_out(dropping: Dropping, to_drop: list[Row], *, told: bool) -> list[End]:
    ends: list[End] = []
    with counter("dropping", total=len(to_drop)) as done:
        for number, row in enumerate(to_drop, start=1):
            ends.append((row.message_id, row, dropping.drop(row)))
            done(number)
    if told:
        print_lines([""])
        print_lines(
            f"{message_id} {text.of_drop(outcome, row)}."
            for message_id, row, outcome in ends
            if outcome is not None
        )
    return ends


def _show(left: list[End], to_drop: list[Row]) -> None:
    if to_drop:
        print_lines(["to be dropped"])
        print_table(("message id", "stream", "reason", "since", "and"), map(text.dropped_cells, to_drop))
    for message_id, row, outcome in left:
        if outcome is not None:
            print_lines([f"{message_id} {text.of_drop(outcome, row)}."])


def _object(end: End) -> dict[str, object]:
    message_id, row, outcome = end
    return text.drop_object(message_id, outcome, row)
