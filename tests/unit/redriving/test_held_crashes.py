"""Whoever dies, whatever comes in between: a drop ends a message once, and a release sends it once.

An operator's run is spoiled at each of its calls in turn, or something else happens before that call; then
the operator repeats the command, and everything goes its way until nothing waits.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest

from postroad.clock import FixedClock
from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.feedback.event import EventKind
from postroad.feedback.status import apply_event
from postroad.ledger.row import LEAST_RETENTION, Row
from postroad.redriving.holding import DropOutcome, Dropped, Dropping, find_held
from postroad.redriving.judging import Leave, WhyLeft
from postroad.redriving.memory import MemoryHeld
from postroad.redriving.redrive import Interrupted
from tests.crash_world import (
    WAIT,
    DiedError,
    FaultyGate,
    Gate,
    Turns,
    Watched,
    WatchedLedger,
    breaks_before,
    dies_after,
    dies_before,
    fails_after,
    fails_before,
    plain,
)
from tests.redrive_scenarios import (
    LATER,
    Meanwhile,
    Scenario,
    enqueue,
    event_of,
    exhausted,
    held,
    make_stores,
    not_allowed,
    send_until_quiet,
    sent,
)
from tests.redrive_world import OPERATOR, RedriveStores, redrive_or_die
from tests.sending_world import NOW, make_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash_world import Fault

pytestmark = pytest.mark.slow

FAULTS = [dies_before, dies_after, fails_before, fails_after, breaks_before]
MOST_CALLS = 6
RETENTION = timedelta(days=90)
BEN = "operator:ben"
KINDS: dict[str, Callable[[RedriveStores], None]] = {
    "not allowed": not_allowed,
    "held, sent": partial(held, fault=fails_after),
    "held, not sent": partial(held, fault=breaks_before),
    "exhausted": exhausted,
}


def begin(kind: str) -> tuple[RedriveStores, Row]:
    """Return what the world is like when the operator has seen the list, and the row that it showed."""
    stores = make_stores(Scenario(KINDS[kind]))
    (row,) = find_held(MemoryHeld(stores.ledger), stores.ledger, ["transactional"], limit=10).rows
    return stores, row


def dropping(stores: RedriveStores, gate: Gate = plain, *, name: str = OPERATOR) -> Dropping:
    def watched(port: str, inner: object) -> Any:  # noqa: ANN401  stands for any port
        return Watched(port, inner, gate)

    return Dropping(
        ledger=cast("Any", WatchedLedger("ledger", stores.ledger, gate)),
        bodies=watched("bodies", stores.bodies),
        clock=FixedClock(LATER),
        operator=name,
        retention=RETENTION,
    )


def drop_or_die(
    stores: RedriveStores, shown: Row, gate: Gate = plain, *, name: str = OPERATOR
) -> DropOutcome | None:
    """Drop, by an operator whose machine may die."""
    try:
        return dropping(stores, gate, name=name).drop(shown)
    except (DiedError, TransientError, ZeroDivisionError):
        return None


def release(stores: RedriveStores, gate: Gate = plain, *, name: str = BEN) -> None:
    conditions = {"status": Status.HELD, "despite_unknown_outcome": True}
    redrive_or_die(stores, gate, name=name, clock=FixedClock(LATER), **conditions)


def row_of(stores: RedriveStores) -> Row:
    row = stores.ledger.get("m-1")
    assert row is not None
    return row


def check_dropped(stores: RedriveStores) -> None:
    row = row_of(stores)
    assert (row.status, row.reason) == (Status.CANCELLED, Reason.DROPPED_BY_OPERATOR)
    assert (row.owner, row.due, row.evidence_after, row.lease_until) == ("", None, None, None)
    assert row.expires_at == LATER + RETENTION
    assert sum(note.startswith("dropped by operator:") for note in row.notes) == 1
    assert "m-1" not in stores.bodies


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_drop_that_fails_anywhere_is_finished_by_its_repetition(kind: str, fault: Fault) -> None:
    for place in range(MOST_CALLS):
        stores, shown = begin(kind)
        before = sent(stores)
        gate = FaultyGate({place: fault})
        drop_or_die(stores, shown, gate)
        again = drop_or_die(stores, row_of(stores))
        assert isinstance(again, Dropped)
        check_dropped(stores)
        enqueue(stores, make_message("m-1"), "sqs-again")
        send_until_quiet(stores, evidence=False)
        assert sent(stores) == before
        if len(gate.names) <= place:
            assert gate.names == ["ledger.get", "ledger.replace", "bodies.delete"]
            return
    pytest.fail("a drop of more calls than expected")


@pytest.mark.parametrize("fault", [None, dies_after, fails_after])
@pytest.mark.parametrize("kind", KINDS)
def test_a_release_and_a_drop_at_any_moment_of_each_other_leave_one_of_both(
    kind: str, fault: Fault | None
) -> None:
    for moment, first in product(range(14), ("drop", "release")):
        stores, shown = begin(kind)
        before = sent(stores)
        inner = plain if fault is None else FaultyGate({moment: fault})
        if first == "drop":
            drop_or_die(stores, shown, Meanwhile(moment, partial(release, stores), inner))
        else:
            happens = partial(drop_or_die, stores, shown, name=BEN)
            release(stores, Meanwhile(moment, happens, inner), name=OPERATOR)
            release(stores, name=OPERATOR)
        send_until_quiet(stores, evidence=False)
        row = row_of(stores)
        sends = (sent(stores) - before)["m-1"]
        if row.status is Status.CANCELLED:
            assert sends == 0
            drop_or_die(stores, row)
            check_dropped(stores)
        elif kind == "not allowed" or row.status is Status.SENT:
            assert (row.status, sends) == (Status.SENT, 1), row
        else:
            # The drop died before its write, and nothing was released.
            assert (row.status, sends) == (Status.HELD, 0), row
            assert first == "drop"


@pytest.mark.parametrize("kind", [EventKind.SEND, EventKind.DELIVERY, EventKind.BOUNCE])
def test_evidence_at_any_moment_of_a_drop_says_what_happened(kind: EventKind) -> None:
    for moment in range(MOST_CALLS):
        stores, shown = begin("held, sent")
        happens = partial(stores.ledger.apply, "m-1", lambda row: apply_event(row, event_of(kind)))
        outcome = drop_or_die(stores, shown, Meanwhile(moment, happens, plain))
        happens()
        row = row_of(stores)
        assert row.status in (Status.SENT, Status.DELIVERED, Status.BOUNCED)
        assert (row.owner, dict(row.ses_ids)) == ("", {"1": "ses-1"})
        assert row.expires_at is not None
        assert row.expires_at >= NOW + LEAST_RETENTION
        noted = any(note.startswith("dropped by ") for note in row.notes)
        assert noted == isinstance(outcome, Dropped)
        assert outcome in (Dropped(), Leave(WhyLeft.NOT_HELD))


def test_two_operators_who_drop_at_once_end_it_once() -> None:
    for first, second in product(range(4), repeat=2):
        stores, shown = begin("held, sent")
        turns = Turns(first, second)
        outcomes: dict[str, DropOutcome | None] = {}

        def work(
            who: str,
            stores: RedriveStores = stores,
            turns: Turns = turns,
            shown: Row = shown,
            outcomes: dict[str, DropOutcome | None] = outcomes,
        ) -> None:
            outcomes[who] = drop_or_die(stores, shown, turns.gate(who, plain), name=f"operator:{who}")

        threads = [threading.Thread(target=turns.run, args=(who, partial(work, who))) for who in "AB"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        assert sorted(map(str, outcomes.values())) == ["Dropped(before=False)", "Dropped(before=True)"]
        check_dropped(stores)


def test_what_was_released_and_held_anew_since_it_was_shown_is_not_dropped() -> None:
    stores, shown = begin("held, sent")
    release(stores)
    spoiled = stores.world(FaultyGate({}), unknown_outcome="hold")
    spoiled.clock.at = LATER
    spoiled.owners = 1000
    stores.mailer.on_send = _loses_the_answer
    spoiled.send_records(list(stores.queue.values()))
    row = row_of(stores)
    assert (row.status, row.attempt) == (Status.HELD, 2)
    assert drop_or_die(stores, shown) == Leave(WhyLeft.CHANGED)
    assert drop_or_die(stores, row) == Dropped()


def test_a_row_that_others_keep_changing_is_left_alone() -> None:
    stores, shown = begin("not allowed")

    def busy(name: str, call: Callable[[], object]) -> object:
        if name == "ledger.replace":
            stores.ledger.apply("m-1", lambda row: row.with_note(f"version {row.version}"))
        return call()

    assert drop_or_die(stores, shown, busy) == Leave(WhyLeft.CHANGED)
    assert row_of(stores).status is Status.HELD


def test_a_store_that_can_t_be_asked_interrupts_and_the_body_stays() -> None:
    stores, shown = begin("not allowed")
    assert isinstance(drop_or_die(stores, shown, FaultyGate({1: fails_before})), Interrupted)
    assert row_of(stores).status is Status.HELD
    assert "m-1" in stores.bodies


def _loses_the_answer(_: object) -> None:
    raise OSError("reset")
