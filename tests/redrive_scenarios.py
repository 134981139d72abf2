"""What an operator may find, and what must hold after it: the scenarios of the tests that break redriving."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from postroad.clock import FixedClock
from postroad.contract.tags import MESSAGE_TAG, decode_tag
from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.ledger.row import REOPENED
from postroad.redriving.candidate import Letter
from postroad.schedule.holding import held as lost
from tests.crash_world import (
    Call,
    Fault,
    Gate,
    breaks_before,
    dies_after,
    dies_before,
    fails_after,
    fails_before,
    plain,
    refuses,
    spoiled_sending,
)
from tests.redrive_world import OPERATOR, RedriveStores, redrive_or_die
from tests.sending_world import NOW, World, make_message
from tests.unit.sending.test_crashes import FILE, VISIBILITY, apply_evidence, deliver, dispatch

if TYPE_CHECKING:
    from collections.abc import Callable


FAULTS = [dies_before, dies_after, fails_before, fails_after, breaks_before]
MOST_CALLS = 14
ENOUGH = 20
LATER = NOW + 2 * VISIBILITY
MESSAGE = make_message("m-1")
WITH_FILE = make_message("m-1", attachments=[FILE])
LATER_MESSAGE = make_message("m-1", send_at="2026-11-22T14:40:00Z")


def first_run(stores: RedriveStores, gate: Gate, **settings: Any) -> None:  # noqa: ANN401  any setting
    """Send what the queue holds, once."""
    deliver(stores, stores.world(gate, **settings))
    stores.sort_letters()


def enqueue(stores: RedriveStores, body: dict[str, Any], sqs_id: str = "sqs-0") -> None:
    stores.queue[sqs_id] = replace(World().record(body), sqs_id=sqs_id)


def give_up(stores: RedriveStores) -> None:
    """Let SQS move what is on the queue to the dead letters, as after the hundredth receive."""
    for record in stores.queue.values():
        stores.box.letters[record.sqs_id] = Letter(
            record.sqs_id, record.receipt, record.body, RECEIVES_EXHAUSTED, "", "", record.first_sent
        )
    stores.queue.clear()


def invalid(stores: RedriveStores) -> None:
    enqueue(stores, WITH_FILE)
    first_run(stores, plain)
    stores.attachments.objects["invoices/a"] = b"file"


def failed(stores: RedriveStores) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(refuses))


def held(stores: RedriveStores, fault: Fault) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(fault), unknown_outcome="hold")


def exhausted(stores: RedriveStores) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(fails_after), attempts_max=1)


def awaiting(stores: RedriveStores, fault: Fault) -> None:
    """Let an answer be lost, and SQS have given up another copy of the message."""
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(fault))
    enqueue(stores, MESSAGE, "sqs-1")
    give_up(stores)


def scheduled(stores: RedriveStores) -> None:
    """Let a message wait for its time, and SQS have given up another copy of it."""
    enqueue(stores, LATER_MESSAGE)
    first_run(stores, plain)
    enqueue(stores, LATER_MESSAGE, "sqs-1")
    give_up(stores)


def body_lost(stores: RedriveStores) -> None:
    """Lose the body of a message that waited; a copy of it lies in the dead letters."""
    scheduled(stores)
    (pointer,) = stores.pointers.all()
    stores.bodies.delete("m-1", pointer.fingerprint)
    stores.ledger.apply(
        "m-1", lambda row: lost(row, pointer.generation, reason=Reason.BODY_LOST, detail="", now=LATER)
    )
    stores.pointers.remove([pointer])


def not_allowed(stores: RedriveStores) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, plain, allow=("nobody",))


def not_seen(stores: RedriveStores) -> None:
    enqueue(stores, MESSAGE)
    give_up(stores)


def released(stores: RedriveStores) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(fails_before))
    give_up(stores)


def abandoned(stores: RedriveStores, fault: Fault) -> None:
    enqueue(stores, MESSAGE)
    first_run(stores, spoiled_sending(fault))
    give_up(stores)


def invalid_then_sent(stores: RedriveStores) -> None:
    """Leave a dead letter of a message that was mended, enqueued again, and sent."""
    invalid(stores)
    enqueue(stores, WITH_FILE, "sqs-1")
    first_run(stores, plain)


def twice_invalid(stores: RedriveStores) -> None:
    enqueue(stores, WITH_FILE)
    enqueue(stores, WITH_FILE, "sqs-1")
    first_run(stores, plain)
    stores.attachments.objects["invoices/a"] = b"file"


@dataclass(frozen=True)
class Scenario:
    """How a message comes to need an operator, and how often redriving sends it when all is done."""

    begin: Callable[[RedriveStores], None]
    sends: int = 1
    ends: Status = Status.SENT
    conditions: dict[str, Any] = field(default_factory=dict)
    evidence: bool = True
    """Whether SES's events ever come."""
    leaves_letter: bool = False
    """Whether a dead letter stays, since its message goes its way, or has ended, without it."""


DESPITE = {"despite_unknown_outcome": True}
SCENARIOS = {
    "invalid": Scenario(invalid),
    "twice invalid": Scenario(twice_invalid),
    "failed": Scenario(failed, conditions={"status": Status.FAILED}),
    "failed, and nobody names it": Scenario(failed, sends=0, ends=Status.FAILED),
    "held, not sent": Scenario(partial(held, fault=breaks_before), conditions=DESPITE),
    "held, sent": Scenario(partial(held, fault=fails_after), conditions=DESPITE, evidence=False),
    "held, and nobody says to risk it": Scenario(
        partial(held, fault=fails_after), sends=0, ends=Status.HELD, evidence=False
    ),
    "exhausted": Scenario(exhausted, conditions=DESPITE, evidence=False),
    "exhausted, and nobody says to risk it": Scenario(exhausted, sends=0, ends=Status.HELD, evidence=False),
    "awaiting evidence, sent": Scenario(
        partial(awaiting, fault=fails_after), sends=0, conditions=DESPITE, leaves_letter=True
    ),
    "awaiting evidence, not sent": Scenario(
        partial(awaiting, fault=breaks_before), conditions=DESPITE, leaves_letter=True
    ),
    "scheduled": Scenario(scheduled, leaves_letter=True),
    "body lost": Scenario(body_lost),
    "not allowed": Scenario(not_allowed),
    "not seen yet": Scenario(not_seen),
    "released": Scenario(released),
    "abandoned, sent": Scenario(partial(abandoned, fault=dies_after), sends=0),
    "abandoned, not sent": Scenario(partial(abandoned, fault=dies_before)),
    "sent since": Scenario(invalid_then_sent, sends=0, leaves_letter=True),
}


def make_stores(scenario: Scenario) -> RedriveStores:
    stores = RedriveStores()
    scenario.begin(stores)
    assert not stores.queue
    return stores


def operate(stores: RedriveStores, scenario: Scenario, gate: Gate = plain, name: str = OPERATOR) -> None:
    redrive_or_die(stores, gate, name=name, clock=FixedClock(LATER), **scenario.conditions)


def send_until_quiet(stores: RedriveStores, gate: Gate = plain, *, evidence: bool = True) -> None:
    world = stores.world(gate)
    world.owners = 1000 * (1 + stores.moves)  # real ones are random
    world.clock.at = LATER
    for _ in range(ENOUGH):
        stores.sort_letters()
        if not stores.queue and not len(stores.pointers):
            return
        deliver(stores, world)
        world.clock.at += VISIBILITY
        if evidence:
            apply_evidence(stores, world.clock.at)
        dispatch(stores, world.clock.at)
    pytest.fail(f"still waiting: {sorted(stores.queue)}, {stores.pointers.all()}")


def sent(stores: RedriveStores) -> Counter[str]:
    return Counter(decode_tag(mail.tags[MESSAGE_TAG]) for mail in stores.mailer.mails)


def check(stores: RedriveStores, scenario: Scenario, before: Counter[str]) -> None:
    row = stores.ledger.get("m-1")
    assert row is not None
    assert row.status is scenario.ends, row
    assert sent(stores)["m-1"] - before["m-1"] == scenario.sends, row
    assert row.owner == "" or row.status is Status.HELD
    numbers = sorted(map(int, row.ses_ids))
    assert numbers == sorted(set(numbers))
    assert all(number <= row.attempt for number in numbers)
    if row.status is Status.HELD:
        assert stores.bodies.get("m-1", row.fingerprint) is not None
    else:
        assert row.expires_at is not None
    if REOPENED in row.times:
        assert any("re-opened by operator:" in note for note in row.notes)
    # A letter may outlive its message's end, when somebody died just before he would have taken it out.
    assert not stores.box.letters or row.status is not Status.CLAIMED
    assert stores.box.hidden <= stores.box.letters.keys()


class Meanwhile:
    """Lets something happen before one of the calls, counted from 0."""

    def __init__(self, moment: int, happens: Callable[[], object], inner: Gate) -> None:
        self._left = moment
        self._happens = happens
        self._inner = inner

    def __call__(self, name: str, call: Call) -> object:
        if self._left == 0:
            self._left -= 1
            self._happens()
        self._left -= 1
        return self._inner(name, call)


def event_of(kind: EventKind) -> FeedbackEvent:
    return FeedbackEvent(
        kind=kind, at=LATER, accepted_at=NOW, ses_message_id="ses-1", message_id="m-1", attempt=1
    )
