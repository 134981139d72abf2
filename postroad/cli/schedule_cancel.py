"""`postroad schedule cancel`: call off what waits for its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.confirming import confirm
from postroad.cli.message_ids import check_message_ids
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode
from postroad.clock import utcnow
from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.ledger.row import Row
    from postroad.schedule.cancelling import Outcome

    End = tuple[str, Outcome]

EXAMPLES = (
    "postroad schedule cancel order-1042-reminder",
    "postroad --stage prod schedule cancel order-1042-reminder order-1043-reminder --yes",
)


def cancel(
    context: typer.Context,
    message_id: Annotated[list[str], typer.Argument(help="The messages to call off.", show_default=False)],
    *,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call off messages that wait for their time: they become cancelled, in your name, and are never sent.

    One that is on its queue already, but not claimed yet, is not sent either. Any other message is left
    alone. Bodies are forgotten; decision records stay, for `postroad why`.
    """
    check_message_ids(message_id)
    wiring = open_stage(context, stage)
    wiring.require_account()
    by = operator()
    waiting, again, ends = _look(wiring, list(dict.fromkeys(message_id)))
    ends += _carry_out(wiring, again, by)
    if not as_json:
        if waiting:
            print_lines(["to be cancelled"])
            print_table(
                ("message id", "stream", "due"),
                ((row.message_id, row.stream, moment(row.due)) for row in waiting),
            )
        print_lines(f"{each} {told(outcome)}." for each, outcome in ends)
    if waiting:
        confirm(_question(waiting), wiring=wiring, yes=yes, as_json=as_json)
        done = _carry_out(wiring, waiting, by)
        ends += done
        if not as_json:
            print_lines(["", *(f"{each} {told(outcome)}." for each, outcome in done)])
    if as_json:
        print_json({"messages": [as_object(each, outcome) for each, outcome in ends]})
    if (code := exit_code([outcome for _, outcome in ends])) is not ExitCode.OK:
        raise typer.Exit(code)


def told(outcome: Outcome) -> str:
    """Return what became of a message, to stand behind its id."""
    from postroad.schedule.cancelling import Cancelled, NotScheduled  # noqa: PLC0415 - see open_stage

    if isinstance(outcome, Cancelled):
        return "was cancelled already" if outcome.before else "is cancelled"
    if not isinstance(outcome, NotScheduled):
        return f"could not be cancelled to the end, so repeat the command: {outcome.error}"
    row = outcome.row
    if row is None:
        return "has not been seen: Postroad has not taken it from its queue yet, or never got it"
    why = f" ({row.reason})" if row.reason else ""
    return f"is {row.status.value}{why}, and does not wait for its time; it is left alone"


def as_object(message_id: str, outcome: Outcome) -> dict[str, Any]:
    """Return what became of a message as a JSON object."""
    from postroad.schedule.cancelling import Cancelled, Interrupted, NotScheduled  # noqa: PLC0415 - as above

    row = outcome.row if isinstance(outcome, NotScheduled) else None
    return {
        "message_id": message_id,
        "cancelled": isinstance(outcome, Cancelled),
        "status": "cancelled" if isinstance(outcome, Cancelled) else row.status.value if row else None,
        "reason": row.reason if row else None,
        "error": outcome.error if isinstance(outcome, Interrupted) else None,
    }


def exit_code(outcomes: list[Outcome]) -> ExitCode:
    """Return how the command ends."""
    from postroad.schedule.cancelling import Cancelled, Interrupted, NotScheduled  # noqa: PLC0415 - as above

    if any(isinstance(outcome, Interrupted) for outcome in outcomes):
        done = any(isinstance(outcome, Cancelled) for outcome in outcomes)
        return ExitCode.PARTLY if done else ExitCode.FAILED
    left = [outcome for outcome in outcomes if isinstance(outcome, NotScheduled)]
    if any(outcome.row is None for outcome in left):
        return ExitCode.NOT_FOUND
    return ExitCode.REFUSED if left else ExitCode.OK


def _question(waiting: list[Row]) -> str:
    return (
        f"Cancel {waiting[0].message_id}?" if len(waiting) == 1 else f"Cancel these {len(waiting)} messages?"
    )


def _look(wiring: Wiring, message_ids: list[str]) -> tuple[list[Row], list[Row], list[End]]:
    """Return what waits, what was called off by a command that may have been broken off, and the rest."""
    from postroad.schedule.cancelling import NotScheduled, is_cancellable, is_cancelled  # noqa: PLC0415 - as above

    waiting: list[Row] = []
    again: list[Row] = []
    ends: list[End] = []
    for message_id in message_ids:
        row = wiring.ledger.get(message_id)
        if row is None or not (is_cancellable(row) or is_cancelled(row)):
            ends.append((message_id, NotScheduled(row)))
        else:
            (waiting if is_cancellable(row) else again).append(row)
    return waiting, again, ends


def _carry_out(wiring: Wiring, waiting: list[Row], by: str) -> list[End]:
    from postroad.schedule.cancelling import Cancelling  # noqa: PLC0415 - as above

    cancelling = Cancelling(
        ledger=wiring.ledger,
        bodies=wiring.bodies,
        schedule=wiring.schedule,
        operator=by,
        retention=wiring.cancelled_for,
    )
    now = utcnow()
    return [(row.message_id, cancelling.cancel(row.message_id, now=now)) for row in waiting]
