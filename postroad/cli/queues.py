"""`postroad queues`: what waits, for how long, and what could not be done; `redrive` does it again."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.options import (
    Command,
    CommandWithMore,
    Invocation,
    JsonOption,
    OneStreamOption,
    StageOption,
    examples,
    open_stage,
)
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.redrive import EXAMPLES as REDRIVE_EXAMPLES
from postroad.cli.redrive import redrive
from postroad.cli.resources import QueuePair, queue_name
from postroad.explaining import meanings
from postroad.explaining.moments import NOTHING, duration, moment

if TYPE_CHECKING:
    from postroad.cli.dead_letters import DeadLetter
    from postroad.cli.sqs import Depth
    from postroad.cli.wiring import Wiring

EXAMPLES = (
    "postroad queues",
    "postroad --stage prod queues --stream transactional --dead-letters 100",
    REDRIVE_EXAMPLES[0],
)

app = typer.Typer()
app.command("redrive", cls=Command, epilog=examples(*REDRIVE_EXAMPLES))(redrive)


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue as it was found; without `depth` where dead letters come from a table's stream."""

    name: str
    depth: Depth | None
    oldest: timedelta | None
    dead: int
    dead_letters: tuple[DeadLetter, ...]


@app.callback(cls=CommandWithMore, invoke_without_command=True, epilog=examples(*EXAMPLES))
def queues(
    context: typer.Context,
    *,
    stream: OneStreamOption = None,
    dead_letters: Annotated[
        int, typer.Option("--dead-letters", min=0, help="The most dead letters to read of each queue.")
    ] = 10,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how full the queues are, and the dead letters with their reasons. Nothing is taken out."""
    if context.invoked_subcommand is not None:
        _pass_on(context, stream=stream, stage=stage, as_json=as_json)
        return
    wiring = open_stage(context, stage)
    pairs = wiring.mail.queues()
    if stream is not None:
        url = wiring.mail.stream_queue(stream)
        pairs = [pair for pair in pairs if pair.url == url]
    found = [_read(wiring, pair, dead_letters) for pair in pairs]
    if as_json:
        print_json({"queues": [as_object(each) for each in found]})
        return
    print_table(
        ("queue", "waiting", "in flight", "oldest", "dead letters"), (as_cells(each) for each in found)
    )
    for each in found:
        if each.dead_letters:
            print_lines(["", f"{each.name}: dead letters by reason"])
            print_lines(by_reason(each.dead_letters))
            print_table(
                ("since", "message id", "reason", "what is wrong"),
                (letter_cells(letter) for letter in each.dead_letters),
            )


def _pass_on(context: typer.Context, *, stream: str | None, stage: str | None, as_json: bool) -> None:
    """Let the command below know what was said before it: a stage that is forgotten would be another one."""
    if stream is not None:
        raise Problem(
            f"--stream stands before {context.invoked_subcommand}, where it means nothing.",
            f"Write it behind: postroad queues {context.invoked_subcommand} --stream {stream}",
            ExitCode.USAGE,
        )
    invocation = context.find_object(Invocation) or Invocation()
    context.obj = replace(
        invocation, stage=invocation.stage if stage is None else stage, as_json=as_json or invocation.as_json
    )


def as_cells(state: QueueState) -> tuple[str, ...]:
    """Return a queue as a line of the table."""
    depth = state.depth
    return (
        state.name,
        NOTHING if depth is None else str(depth.waiting + depth.delayed),
        NOTHING if depth is None else str(depth.in_flight),
        NOTHING if state.oldest is None else duration(state.oldest.total_seconds()),
        str(state.dead),
    )


def letter_cells(letter: DeadLetter) -> tuple[str, ...]:
    """Return a dead letter as a line of the table."""
    wrong = ": ".join(part for part in (letter.field, letter.detail) if part)
    return (moment(letter.sent), letter.message_id or f"!{letter.sqs_id}", letter.reason, wrong or NOTHING)


def by_reason(letters: tuple[DeadLetter, ...]) -> list[str]:
    """Return how often each reason stands there, the most frequent first, and what it means."""
    counted = Counter(letter.reason for letter in letters)
    return [
        f"  {count:>4}  {reason}  {meanings.of_reason(reason)}" for reason, count in counted.most_common()
    ]


def as_object(state: QueueState) -> dict[str, Any]:
    """Return a queue as a JSON object."""
    return {
        "name": state.name,
        "depth": state.depth,
        "oldest_seconds": None if state.oldest is None else state.oldest.total_seconds(),
        "dead": state.dead,
        "dead_letters": [asdict(letter) for letter in state.dead_letters],
    }


def _read(wiring: Wiring, pair: QueuePair, most: int) -> QueueState:
    from postroad.cli.sqs import read_depth, read_oldest_age  # noqa: PLC0415 - see open_stage

    depth = read_depth(wiring.sqs, pair.url) if pair.url else None
    name = queue_name(pair.url or pair.dead_letter_url or "")
    # An empty queue has no oldest message, and the metric lags behind: it would still show one.
    empty = depth is None or depth.waiting + depth.in_flight + depth.delayed == 0
    dead, letters = _read_dead(wiring, pair.dead_letter_url, most) if pair.dead_letter_url else (0, [])
    return QueueState(
        name=name,
        depth=depth,
        oldest=None if empty else read_oldest_age(wiring.cloudwatch, name, now=datetime.now(UTC)),
        dead=dead,
        dead_letters=tuple(letters),
    )


def _read_dead(wiring: Wiring, url: str, most: int) -> tuple[int, list[DeadLetter]]:
    from postroad.cli.sqs import BATCH, peek, read_depth  # noqa: PLC0415 - see open_stage

    depth = read_depth(wiring.sqs, url)
    counted = depth.waiting + depth.in_flight
    if most == 0:
        return counted, []
    # The count is approximate and may lag: so a queue that seems empty is looked into too, without waiting.
    limit, wait = (min(most, counted), 1) if counted else (min(most, BATCH), 0)
    letters = peek(wiring.sqs, url, limit=limit, wait_seconds=wait)
    return max(counted, len(letters)), letters
