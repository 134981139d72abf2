"""`postroad local clock`: what time it is on the local stack, and letting time pass there."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.options import Command, JsonOption, examples
from postroad.cli.problem import ExitCode, Problem
from postroad.explaining.moments import moment
from postroad.local.clock import offset_of
from postroad.local.defaults import DEFAULT_FOLDER
from postroad.local.shared_options import FolderOption, console_of, telling, told

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from postroad.local.state import State

app = typer.Typer(
    help="Show the local stack's time, and let time pass there.",
    no_args_is_help=True,
    epilog=examples("postroad local clock show", "postroad local clock forward 3 days"),
)
FORWARD = (
    "postroad local clock forward 90 minutes",
    "postroad local clock forward --until 2027-03-28T09:00+02:00",
    "postroad local clock forward 1 week --at-once",
)


@app.command("show", cls=Command, epilog=examples("postroad local clock show --json"))
def show_command(*, folder: FolderOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Show what time it is on the stack, and how far that is ahead of this machine."""
    with told():
        state = _running(folder)
        _show(console_of(as_json=as_json), state, as_json=as_json)


@app.command("forward", cls=Command, epilog=examples(*FORWARD))
def forward_command(
    duration: Annotated[
        list[str] | None,
        typer.Argument(help="For how long, such as: 90 minutes, 3 days, 1 week.", show_default=False),
    ] = None,
    *,
    until: Annotated[
        str | None,
        typer.Option("--until", help="Until this time instead, with its offset.", show_default=False),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Leap there: what was due on the way leaves late.")
    ] = False,
    folder: FolderOption = DEFAULT_FOLDER,
    as_json: JsonOption = False,
) -> None:
    """Let time pass on the stack, with a stop wherever something is due.

    At each stop dispatch hands out what is due, and the clock goes on once no queue holds anything. Time
    never goes back; a stack that is started anew lives at this machine's time.
    """
    from postroad.local.passing import LocalStack, Passed, pass_time  # noqa: PLC0415 - boto3 takes a while

    console = console_of(as_json=as_json)
    with told():
        state = _running(folder)
        to = _until(state, " ".join(duration or ()), until)
        with closing(LocalStack(state)) as stack, telling(console) as tell:
            if at_once:
                stack.go_to(to)
                passed = Passed(stack.now(), 0, stack.settle())
            else:
                passed = pass_time(stack, to, tell=lambda stop: tell(f"it is {moment(stop)}"))
        _show(console, state, as_json=as_json, stops=passed.stops, is_quiet=passed.is_quiet)
    if not passed.is_quiet:
        console.print("Something still lies on a queue, or waits behind a paused stream: `postroad queues`.")


def _running(folder: Path) -> State:
    from postroad.local.lifecycle import status  # noqa: PLC0415 - see the module

    found = status(folder)
    if found is None or not found[0].ready or not all(found[1].values()):
        raise Problem(
            f"No local stack runs in {folder}.", "Start one with `postroad local up`.", ExitCode.NOT_FOUND
        )
    return found[0]


def _until(state: State, duration: str, until: str | None) -> datetime:
    from postroad.journey_files.texts import seconds  # noqa: PLC0415 - brings validation along

    if bool(duration) == bool(until):
        raise Problem(
            "Either for how long, or until when.",
            "Such as `postroad local clock forward 3 days`.",
            ExitCode.USAGE,
        )
    now = datetime.now(UTC) + offset_of(state)
    if until is None:
        try:
            return now + timedelta(seconds=seconds(duration))
        except (ValueError, OverflowError) as error:
            raise Problem(
                f"{duration!r} is no length of time.", "Such as 90 minutes, 3 days, 1 week.", ExitCode.USAGE
            ) from error
    try:
        at = datetime.fromisoformat(until)
    except ValueError as error:
        raise Problem(
            f"{until!r} is no time.", "Such as 2027-03-28T09:00+02:00, or with Z for UTC.", ExitCode.USAGE
        ) from error
    if at.tzinfo is None:
        raise Problem(f"{until} has no offset.", f"Say of which place: {until}Z is UTC.", ExitCode.USAGE)
    if at < now:
        raise Problem(f"It is {moment(now)} already.", "Time never goes back on a stack.", ExitCode.USAGE)
    return at


def _show(console: Console, state: State, *, as_json: bool, **more: object) -> None:
    offset = offset_of(state)
    now = datetime.now(UTC) + offset
    if as_json:
        seconds = int(offset.total_seconds())
        typer.echo(json.dumps({"now": now.isoformat(), "ahead_seconds": seconds, **more}))
        return
    ahead = f"{offset} ahead of this machine" if offset else "as on this machine"
    console.print(f"On the stack it is {moment(now)}: {ahead}.", soft_wrap=True)
