"""`postroad local up|down|status`: thin commands over `lifecycle`.

What starts processes is imported by the command that needs it: help and completion come without.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from postroad.cli.options import Command, JsonOption, examples
from postroad.local.clock_commands import app as clock_app
from postroad.local.defaults import DEFAULT_FOLDER, DEFAULT_PORTS
from postroad.local.interrupts import stop_on_signals
from postroad.local.shared_options import FolderOption, console_of, telling, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from postroad.local.state import State

app = typer.Typer(
    help="Run the whole stack on this machine.",
    no_args_is_help=True,
    epilog=examples("postroad local up", "postroad local status", "postroad local down"),
)
app.add_typer(clock_app, name="clock")


@app.command("up", cls=Command, epilog=examples("postroad local up", "postroad local up --redeploy"))
def up_command(
    *,
    folder: FolderOption = DEFAULT_FOLDER,
    port: Annotated[
        int, typer.Option(help="Port of the emulated cloud; any free one if taken.")
    ] = DEFAULT_PORTS["cloud"],
    simulator_port: Annotated[int, typer.Option(help="Port of the SES simulator.")] = DEFAULT_PORTS[
        "simulator"
    ],
    inbox_port: Annotated[int, typer.Option(help="Port of the inbox page.")] = DEFAULT_PORTS["inbox"],
    redeploy: Annotated[bool, typer.Option("--redeploy", help="Deploy again to the running stack.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start the local stack and leave it running; say where it is when it runs already."""
    from postroad.local.lifecycle import up  # noqa: PLC0415 - see the module

    console = console_of(as_json=as_json)
    wanted = {"cloud": port, "simulator": simulator_port, "inbox": inbox_port}
    with told(), stop_on_signals(), telling(console) as tell:
        came = up(folder, ports=wanted, redeploy=redeploy, tell=tell)
    if as_json:
        typer.echo(json.dumps({"started": came.started, "deployed": came.deployed, **_facts(came.state)}))
        return
    if came.started:
        console.print(f"The local stack runs (deployed in {came.state.seconds['deploy']:.0f} s).")
    else:
        console.print("The local stack was running already" + (" and is deployed anew." if redeploy else "."))
    _show(console, came.state)
    if came.started and (taken := _taken(wanted, came.state.ports)):
        console.print(f"Other ports than usual, because these were taken: {taken}.", soft_wrap=True)


@app.command("down", cls=Command, epilog=examples("postroad local down"))
def down_command(*, folder: FolderOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Stop the local stack with every process of it."""
    from postroad.local.lifecycle import down  # noqa: PLC0415 - see the module

    console = console_of(as_json=as_json)
    with told():
        stopped = down(folder)
    if as_json:
        typer.echo(json.dumps({"stopped": stopped}))
    else:
        console.print("The local stack is stopped." if stopped else f"No local stack in {folder}.")


@app.command("status", cls=Command, epilog=examples("postroad local status --json"))
def status_command(*, folder: FolderOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Say what runs, and where. Exit code 1 when the stack does not run."""
    from postroad.local.lifecycle import status  # noqa: PLC0415 - see the module

    console = console_of(as_json=as_json)
    with told():
        found = status(folder)
    running = found is not None and found[0].ready and all(found[1].values())
    if as_json:
        facts = {} if found is None else {**_facts(found[0]), "processes": found[1]}
        typer.echo(json.dumps({"running": running, **facts}))
    elif found is None:
        console.print(f"No local stack in {folder}: start one with `postroad local up`.")
    else:
        state, processes = found
        if running:
            console.print("The local stack runs.")
            _show(console, state)
        else:
            ended = ", ".join(name for name, alive in processes.items() if not alive) or "its deployment"
            console.print(
                f"The local stack is incomplete (missing: {ended}): `postroad local up` starts it anew."
            )
            console.print(f"Logs: {state.logs}", soft_wrap=True)
    if not running:
        raise typer.Exit(1)


def _taken(wanted: Mapping[str, int], given: Mapping[str, int]) -> str:
    """Return the ports that were asked for and belong to something else; 0 asks for any."""
    return ", ".join(str(port) for name, port in wanted.items() if port and given[name] != port)


def _facts(state: State) -> dict[str, object]:
    return {
        "endpoint": state.endpoint,
        "simulator": state.simulator,
        "inbox": state.inbox,
        "folder": str(state.folder),
        "ports": dict(state.ports),
        "seconds": dict(state.seconds),
    }


def _show(console: Console, state: State) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("inbox", Text(state.inbox, style=f"link {state.inbox}"))
    table.add_row("emulated AWS", state.endpoint)
    table.add_row("SES simulator", state.simulator)
    table.add_row("logs", str(state.logs))
    # Without an activated .venv there is no `postroad`, and another folder's stack is not make's.
    usual = state.folder == DEFAULT_FOLDER.absolute()
    table.add_row("stop it", "make down" if usual else f"postroad local down --folder {state.folder}")
    console.print(table)
