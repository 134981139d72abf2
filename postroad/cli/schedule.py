"""`postroad schedule`: what waits for its time, and calling it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.options import Command, JsonOption, OneStreamOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.schedule_cancel import EXAMPLES as CANCEL_EXAMPLES
from postroad.cli.schedule_cancel import cancel
from postroad.clock import utcnow
from postroad.explaining.moments import moment
from postroad.schedule.pointer import Pointer, Priority

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


EXAMPLES = ("postroad schedule list", "postroad --stage prod schedule list --stream marketing --limit 20")
WAITS_FOR = {Priority.USUAL: "send_at", Priority.EVIDENCE: "evidence"}

app = typer.Typer(help="Show what waits for its time, and call it off.", no_args_is_help=True)


@app.command("list", cls=Command, epilog=examples(*EXAMPLES))
def list_command(
    context: typer.Context,
    *,
    stream: OneStreamOption = None,
    limit: Annotated[int, typer.Option(min=1, help="The most messages to show.")] = 100,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what waits, soonest first: for its send_at, or for evidence of what became of it.

    Times are shown as clocks here have them, and in UTC. `postroad why` tells all about one message.
    """
    from postroad.schedule.listing import soonest  # noqa: PLC0415 - see open_stage

    wiring = open_stage(context, stage)
    found, more = soonest(wiring.schedule, wiring.mail.streams_meant(stream), now=utcnow(), limit=limit)
    if as_json:
        print_json({"messages": [as_object(pointer) for pointer in found], "more": more})
        return
    if not found:
        print_lines(["Nothing waits for its time."])
        return
    print_table(("due here", "due", "message id", "stream", "waits for", "generation"), map(as_cells, found))
    if more:
        print_lines([f"There are more: --limit {limit * 10} shows them."])


app.command("cancel", cls=Command, epilog=examples(*CANCEL_EXAMPLES))(cancel)


def as_cells(pointer: Pointer) -> tuple[str, ...]:
    """Return a pointer as a line of the table."""
    return (
        local(pointer.due),
        moment(pointer.due),
        pointer.message_id,
        pointer.stream,
        WAITS_FOR[pointer.priority],
        str(pointer.generation),
    )


def as_object(pointer: Pointer) -> dict[str, Any]:
    """Return a pointer as a JSON object."""
    return {
        "message_id": pointer.message_id,
        "stream": pointer.stream,
        "due": pointer.due,
        "due_local": pointer.due.astimezone().isoformat(),
        "waits_for": WAITS_FOR[pointer.priority],
        "generation": pointer.generation,
    }


def local(at: datetime, zone: tzinfo | None = None) -> str:
    """Return a time as this machine's clock has it, or one in `zone`: `2026-11-22 09:03:11 -0500`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
