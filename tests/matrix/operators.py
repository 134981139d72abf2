"""What operators do to the whole, each call of theirs behind a gate."""

from datetime import timedelta
from typing import Any

from postroad.circuit.deciding import paused, resumed
from postroad.clock import FixedClock
from postroad.contract.words import RECEIVES_EXHAUSTED, Status
from postroad.errors import TransientError
from postroad.ledger.row import LEAST_RETENTION
from postroad.redriving.holding import Dropping
from postroad.redriving.redrive import Redriving
from postroad.redriving.selection import Selection
from postroad.schedule.cancelling import Cancelled, Cancelling
from tests.matrix.functions import STREAM, Ports
from tests.matrix.gates import DiedError, Gate, plain
from tests.matrix.stores import BodiesOnQueue
from tests.matrix.whole import Whole

ANA = "operator:ana"


def redrive(whole: Whole, gate: Gate = plain, **conditions: Any) -> int:  # noqa: ANN401  of a selection
    """Send again what is held, failed or a dead letter; return how many moved. The operator may die of it."""
    while whole.queue.dead:
        item = whole.queue.dead.pop()
        whole.letters.add(item.body, RECEIVES_EXHAUSTED, item.first_sent)
    ports = Ports(whole, gate)
    redriving = Redriving(
        ledger=ports.ledger,
        bodies=ports("bodies", whole.stores.bodies),
        letters=ports("letters", whole.letters.box),
        queue=ports("queue", BodiesOnQueue(whole.queue)),
        clock=FixedClock(whole.clock.now()),
        operator=ANA,
    )
    moved = 0
    try:
        survey = redriving.survey(Selection(stream=STREAM, **conditions))
        try:
            for found in survey.to_move:
                redriving.carry_out(survey, found)
                moved += 1
        finally:
            redriving.end(survey)
    except (DiedError, TransientError):
        whole.tell("the operator gives up")
        whole.letters.box.hidden.clear()
    whole.tell(f"the operator moves {moved}")
    return moved


def cancel(whole: Whole, message_id: str, gate: Gate = plain) -> bool:
    """Call off a message that waits for its time; True if that is certain."""
    ports = Ports(whole, gate)
    cancelling = Cancelling(
        ledger=ports.ledger,
        bodies=ports("bodies", whole.stores.bodies),
        schedule=ports("schedule", whole.stores.schedule),
        operator=ANA,
        retention=LEAST_RETENTION,
    )
    try:
        outcome = cancelling.cancel(message_id, now=whole.clock.now())
    except DiedError:
        return False
    whole.tell(f"the operator cancels {message_id}: {outcome}")
    return isinstance(outcome, Cancelled)


def drop(whole: Whole, message_id: str, gate: Gate = plain) -> None:
    """End a held message without sending it."""
    row = whole.row(message_id)
    if row is None or row.status is not Status.HELD:
        return
    ports = Ports(whole, gate)
    dropping = Dropping(
        ledger=ports.ledger,
        bodies=ports("bodies", whole.stores.bodies),
        clock=FixedClock(whole.clock.now()),
        operator=ANA,
        retention=timedelta(days=30),
    )
    try:
        whole.tell(f"the operator drops {message_id}: {dropping.drop(row)}")
    except DiedError:
        whole.tell("the operator gives up")


def pause(whole: Whole) -> None:
    """Stop the stream; dispatch moves the mapping."""
    now = whole.clock.now()
    whole.stores.switches.turn(STREAM, lambda switch: paused(switch, "a test", by=ANA, now=now))
    whole.tell("the operator pauses")


def resume(whole: Whole) -> None:
    """Let the stream run; dispatch moves the mapping."""
    now = whole.clock.now()
    whole.stores.switches.turn(STREAM, lambda switch: resumed(switch, by=ANA, now=now))
    whole.tell("the operator resumes")
