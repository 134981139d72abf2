"""`postroad stream`: stop a stream, let it run again, and see what stops it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.circuit import deciding
from postroad.circuit.switch import Flow
from postroad.cli.completing import complete_streams
from postroad.cli.operators import operator
from postroad.cli.options import Command, JsonOption, StageOption, examples, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.progress import spinner
from postroad.cli.resources import queue_name
from postroad.cli.stream_state import COLUMNS, StreamState, as_cells, as_object, explanation, told
from postroad.clock import utcnow
from postroad.errors import PostroadError
from postroad.explaining.moments import duration

if TYPE_CHECKING:
    from postroad.circuit.mapping import MappingState
    from postroad.circuit.ports import Turn
    from postroad.circuit.switch import Switch
    from postroad.cli.sqs import Depth
    from postroad.cli.wiring import Wiring

MOST_OF_A_NOTE = 500
EXAMPLES = (
    "postroad --stage prod stream status",
    "postroad --stage prod stream pause marketing --note 'wrong price in the offer'",
)

app = typer.Typer(help="Stop a stream, let it run again, and see what stops it.", no_args_is_help=True)

_Stream = Annotated[
    str, typer.Argument(help="The stream.", show_default=False, autocompletion=complete_streams)
]
_Wait = Annotated[
    int,
    typer.Option(
        "--wait", min=0, max=900, help="How many seconds to wait for Lambda to act.", metavar="SECONDS"
    ),
]


@dataclass(frozen=True, slots=True)
class _Done:
    """What a command found and did."""

    before: Switch
    after: Switch
    mapping: MappingState
    depth: Depth
    kept_seconds: int

    @property
    def changed(self) -> bool:
        return self.before.version != self.after.version

    @property
    def settled(self) -> bool:
        return self.mapping.is_settled(enabled=self.after.is_running)

    @property
    def waiting(self) -> int:
        return self.depth.waiting + self.depth.delayed


@app.command(
    "pause",
    cls=Command,
    epilog=examples(
        "postroad --stage prod stream pause marketing --note 'wrong price in the offer'",
        "postroad stream pause transactional --wait 0",
    ),
)
def pause_command(
    context: typer.Context,
    stream: _Stream,
    *,
    note: Annotated[
        str,
        typer.Option(
            "--note", help="Why, for those who ask later. It goes to the result bus.", show_default=False
        ),
    ] = "",
    wait: _Wait = 180,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a stream at once. Its messages wait on their queue, and nothing is lost.

    A batch that the function has begun is still finished. The pause lasts until `postroad stream resume`; the
    stream's circuit changes nothing about it. Messages that wait longer than the queue keeps them are gone.
    """
    if len(note) > MOST_OF_A_NOTE or not note.isprintable():
        raise Problem(
            f"The note has {len(note):,} characters, or some that can't be printed.",
            f"Say it in one line of {MOST_OF_A_NOTE} characters at most.",
            ExitCode.USAGE,
        )
    wiring = open_stage(context, stage)
    by, now = operator(), utcnow()
    done = _turn(
        wiring,
        stream,
        lambda switch: deciding.paused(switch, note, by=by, now=now),
        wait=wait,
        as_json=as_json,
    )
    if not done.changed:
        said = [f"{stream} was {told(done.after)}"]
    elif done.before.is_open:
        said = [
            f"{stream} is paused. It was {told(done.before)}",
            "From now on only `resume` lets it run again.",
        ]
    else:
        said = [f"{stream} is paused."]
    _report(wiring, done, said, as_json=as_json)


@app.command(
    "resume",
    cls=Command,
    epilog=examples(
        "postroad --stage prod stream resume marketing", "postroad stream resume transactional --json"
    ),
)
def resume_command(
    context: typer.Context,
    stream: _Stream,
    *,
    wait: _Wait = 180,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a stream run again, whether an operator paused it or its circuit opened.

    An open circuit is closed without a probe. If SES still takes no mail, it opens again.
    """
    wiring = open_stage(context, stage)
    by, now = operator(), utcnow()
    done = _turn(
        wiring, stream, lambda switch: deciding.resumed(switch, by=by, now=now), wait=wait, as_json=as_json
    )
    if not done.changed:
        said = [f"{stream} was running already."]
    elif done.before.flow is Flow.PAUSED:
        said = [f"{stream} runs again. It was {told(done.before)}"]
    else:
        said = [
            f"{stream} runs again: its circuit was closed without a probe. It was {told(done.before)}",
            "If SES still takes no mail, the circuit opens again; no mail is lost by that.",
        ]
    _report(wiring, done, said, as_json=as_json)


@app.command(
    "status",
    cls=Command,
    epilog=examples("postroad --stage prod stream status", "postroad stream status marketing --json"),
)
def status_command(
    context: typer.Context,
    stream: Annotated[
        str | None,
        typer.Argument(help="One stream alone.", show_default=False, autocompletion=complete_streams),
    ] = None,
    *,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which streams run, what stops the others since when, and what waits on their queues."""
    wiring = open_stage(context, stage)
    found = [_read(wiring, each) for each in wiring.mail.streams_meant(stream)]
    if as_json:
        print_json({"streams": [as_object(each) for each in found]})
        return
    print_table(COLUMNS, (as_cells(each) for each in found))
    lines = [line for each in found for line in explanation(each)]
    if lines:
        print_lines(["", *lines])


def _turn(wiring: Wiring, stream: str, turn: Turn, *, wait: int, as_json: bool) -> _Done:
    from postroad.cli.sqs import read_depth, read_retention  # noqa: PLC0415 - see open_stage

    wiring.require_account()
    url = wiring.mail.stream_queue(stream)
    seen: list[Switch] = []

    def noting(switch: Switch) -> Switch | None:
        seen.append(switch)
        return turn(switch)

    after = wiring.switches.turn(stream, noting)
    mapping = _settle(wiring, after, wait=wait, as_json=as_json)
    return _Done(seen[-1], after, mapping, read_depth(wiring.sqs, url), read_retention(wiring.sqs, url))


def _settle(wiring: Wiring, switch: Switch, *, wait: int, as_json: bool) -> MappingState:
    """Move the mapping; the switch stands already, so what fails here stops nothing but the waiting."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see open_stage

    from postroad.cli.aws_errors import explain  # noqa: PLC0415 - as above
    from postroad.cli.stream_mapping import NoMapping, StreamMapping  # noqa: PLC0415 - as above

    enabled = switch.is_running
    word = "enabled" if enabled else "disabled"
    try:
        mapping = StreamMapping.find(wiring, switch.stream)
        with spinner(f"Waiting until the mapping of {switch.stream} is {word}", hidden=as_json):
            return mapping.settle(enabled=enabled, seconds=wait)
    except (BotoCoreError, ClientError, PostroadError, Problem) as error:
        problem = error if isinstance(error, Problem) else explain(error)
        raise Problem(
            f"{switch.stream} is {switch.flow}, but its mapping could not be {word}: "
            f"{problem.what if problem else type(error).__name__}",
            problem.next_step
            if isinstance(problem, NoMapping)
            else "The function dispatch does it within a minute; `postroad stream status` shows whether.",
            ExitCode.PARTLY,
        ) from error


def _report(wiring: Wiring, done: _Done, said: list[str], *, as_json: bool) -> None:
    switch = done.after
    if as_json:
        state = StreamState(switch, done.mapping, done.depth, None)
        shown = as_object(state)
        del shown["oldest_seconds"]
        print_json({**shown, "changed": done.changed, "mapping_settled": done.settled})
    else:
        print_lines([*said, *_about_the_queue(wiring, done)])
    if not done.settled:
        raise typer.Exit(ExitCode.PARTLY)


def _about_the_queue(wiring: Wiring, done: _Done) -> list[str]:
    stream, running = done.after.stream, done.after.is_running
    mapping = f"Its mapping is {done.mapping.value.lower()}."
    if not done.settled:
        mapping += (
            " `send` keeps to the switch meanwhile, and dispatch looks again each minute: "
            f"postroad --stage {wiring.stage} stream status {stream}"
        )
    wait = (
        f"{done.waiting:,} message{'' if done.waiting == 1 else 's'} wait{'s' if done.waiting == 1 else ''}"
    )
    lines = [mapping, f"{wait} on {queue_name(wiring.mail.stream_queue(stream))}."]
    if not running:
        lines[-1] += f" The queue keeps each for {duration(done.kept_seconds)}."
        if done.depth.in_flight:
            lines.append(
                f"{done.depth.in_flight:,} in hand may still leave: a batch that was begun is finished."
            )
        lines.append(f"To let it run again: postroad --stage {wiring.stage} stream resume {stream}")
    return lines


def _read(wiring: Wiring, stream: str) -> StreamState:
    from postroad.cli.sqs import read_depth, read_oldest_age  # noqa: PLC0415 - see open_stage
    from postroad.cli.stream_mapping import NoMapping, StreamMapping  # noqa: PLC0415 - as above

    mapping: MappingState | None = None
    with suppress(NoMapping):  # told as such, beside the other streams
        mapping = StreamMapping.find(wiring, stream).read()
    url = wiring.mail.stream_queue(stream)
    depth = read_depth(wiring.sqs, url)
    # An empty queue has no oldest message, and the metric lags behind: it would still show one.
    empty = depth.waiting + depth.in_flight + depth.delayed == 0
    return StreamState(
        switch=wiring.switches.read(stream),
        mapping=mapping,
        depth=depth,
        oldest=None if empty else read_oldest_age(wiring.cloudwatch, queue_name(url), now=datetime.now(UTC)),
    )
