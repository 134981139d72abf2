"""`postroad stack outputs`: what the deployed stacks say of themselves, for people and for scripts."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import clean, print_json, print_table
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.cli.resources import Resources

app = typer.Typer(help="Show what is deployed.", no_args_is_help=True)
EXAMPLES = (
    "postroad --stage prod stack outputs",
    'QUEUE="$(postroad --stage prod stack outputs --name TransactionalQueueUrl)"',
)


@app.command("outputs", cls=Command, epilog=examples(*EXAMPLES))
def outputs(
    context: typer.Context,
    *,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Print the value of this output, and nothing else.", show_default=False),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the outputs of a stage's stacks: queues, tables, addresses of pages, policies."""
    wiring = open_stage(context, stage)
    stacks = wiring.stacks()
    if name is not None:
        found = _named(stacks, name)
        if as_json:
            print_json({"name": name, "value": found.outputs[name], "stack": found.stack})
        else:
            typer.echo(clean(found.outputs[name]))
    elif as_json:
        print_json(
            {
                "stage": wiring.stage,
                "account": wiring.account,
                "region": wiring.region,
                "stacks": {each.stack: dict(sorted(each.outputs.items())) for each in stacks},
            }
        )
    else:
        print_table(
            ("stack", "name", "value"),
            ((each.stack, key, value) for each in stacks for key, value in sorted(each.outputs.items())),
        )


def _named(stacks: Sequence[Resources], name: str) -> Resources:
    for each in stacks:
        if name in each.outputs:
            return each
    known = sorted(key for each in stacks for key in each.outputs)
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    raise Problem(
        f"{' and '.join(each.stack for each in stacks)} have no output {name!r}.",
        f"Did you mean {' or '.join(near)}?" if near else "`postroad stack outputs` lists what there is.",
        ExitCode.NOT_FOUND,
    )
