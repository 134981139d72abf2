"""`postroad held`: what waits for an operator's decision; send it again, or drop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli import held_text as text
from postroad.cli.held_drop import EXAMPLES as DROP_EXAMPLES
from postroad.cli.held_drop import drop
from postroad.cli.held_release import EXAMPLES as RELEASE_EXAMPLES
from postroad.cli.held_release import check_reason, release
from postroad.cli.options import Command, JsonOption, OneStreamOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.progress import counter

if TYPE_CHECKING:
    from postroad.redriving.holding import Held

LIST_EXAMPLES = (
    "postroad held list",
    "postroad --stage prod held list --stream transactional --reason unknown_outcome --json",
)
EXAMPLES = (LIST_EXAMPLES[0], RELEASE_EXAMPLES[0])

app = typer.Typer(
    help="Show what waits for your decision (held), and send it again or drop it.", no_args_is_help=True
)


@app.command("list", cls=Command, epilog=examples(*LIST_EXAMPLES))
def list_command(
    context: typer.Context,
    *,
    stream: OneStreamOption = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Only these, like unknown_outcome.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most messages to show.")] = 1000,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is held: since when, why, what that means, and what to do. Nothing is changed."""
    from postroad.redriving.holding import find_held  # noqa: PLC0415 - msgspec; see open_stage

    check_reason(reason)
    wiring = open_stage(context, stage)
    streams = wiring.mail.streams_meant(stream)
    with counter("looking", total=None) as seen:
        held = find_held(
            wiring.held, wiring.ledger, streams, reason=reason or "", limit=limit, on_progress=seen
        )
    if as_json:
        print_json(as_document(held))
        return
    if not held.rows:
        print_lines(["Nothing is held."])
        return
    print_table(("message id", "stream", "reason", "since", "attempts"), map(text.cells, held.rows))
    for name, count, meaning, next_step in text.grouped(held.rows):
        print_lines(["", f"{name} ({count}): {meaning}", f"  next: {next_step}"])
    if held.more:
        print_lines(["", f"There are more: --limit {limit} ended the search."])


def as_document(held: Held) -> dict[str, Any]:
    """Return what is held as a JSON object."""
    return {"messages": [text.as_object(row) for row in held.rows], "more": held.more}


app.command("release", cls=Command, epilog=examples(*RELEASE_EXAMPLES))(release)
app.command("drop", cls=Command, epilog=examples(*DROP_EXAMPLES))(drop)
