"""Whoever dies, whatever fails, whoever comes in between: redriving loses no message, and sends none twice.

An operator's run is spoiled at each of its calls in turn, or something else happens before that call; then
the operator repeats the command, and the queue hands out what it holds until it is empty.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import pytest

from postroad.contract.parser import fingerprint, parse_message
from postroad.contract.words import Status
from postroad.feedback.event import EventKind
from postroad.feedback.status import apply_event
from tests.crash_world import (
    WAIT,
    DiedError,
    Fault,
    FaultyGate,
    Turns,
    dies_after,
    fails_after,
    plain,
)
from tests.redrive_scenarios import (
    FAULTS,
    LATER_MESSAGE,
    MESSAGE,
    MOST_CALLS,
    SCENARIOS,
    WITH_FILE,
    Meanwhile,
    Scenario,
    body_lost,
    check,
    enqueue,
    event_of,
    make_stores,
    operate,
    scheduled,
    send_until_quiet,
    sent,
)
from tests.redrive_world import RedriveStores

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_is_mended_by_another_run(name: str, fault: Fault) -> None:
    scenario = SCENARIOS[name]
    for place, at_once in product(range(MOST_CALLS), (True, False)):
        stores = make_stores(scenario)
        before = sent(stores)
        gate = FaultyGate({place: fault})
        operate(stores, scenario, gate)
        if not at_once:
            send_until_quiet(stores, evidence=scenario.evidence)
        operate(stores, scenario)
        send_until_quiet(stores, evidence=scenario.evidence)
        check(stores, scenario, before)
        if len(gate.names) <= place:
            assert place > 2, "hardly a run"
            assert bool(stores.box.letters) is scenario.leaves_letter
            return
    pytest.fail("a run of more calls than expected")


def another_operator(stores: RedriveStores, scenario: Scenario) -> None:
    hidden = set(stores.box.hidden)
    operate(stores, scenario, name="operator:ben")
    stores.box.hidden |= hidden & stores.box.letters.keys()


def another_operator_who_waited(stores: RedriveStores, scenario: Scenario) -> None:
    """Come when the first one's letters are visible again although he is still at it."""
    stores.box.hidden.clear()
    operate(stores, scenario, name="operator:ben")


def sending(stores: RedriveStores, scenario: Scenario) -> None:
    send_until_quiet(stores, evidence=scenario.evidence)


def both(stores: RedriveStores, scenario: Scenario) -> None:
    another_operator_who_waited(stores, scenario)
    send_until_quiet(stores, evidence=scenario.evidence)


def enqueued_again(stores: RedriveStores, scenario: Scenario) -> None:
    again = WITH_FILE if stores.attachments.objects else MESSAGE
    row = stores.ledger.get("m-1")
    if scenario.begin in (scheduled, body_lost):
        again = LATER_MESSAGE
    assert row is None or row.fingerprint == fingerprint(parse_message(json.dumps(again)))
    enqueue(stores, again, "sqs-again")
    send_until_quiet(stores, evidence=scenario.evidence)


HAPPENINGS = [another_operator, another_operator_who_waited, sending, both, enqueued_again]


@pytest.mark.parametrize("fault", [None, dies_after, fails_after])
@pytest.mark.parametrize("happens", HAPPENINGS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_comes_in_between_a_message_is_sent_once(
    name: str, happens: Callable[[RedriveStores, Scenario], None], fault: Fault | None
) -> None:
    scenario = SCENARIOS[name]
    for moment in range(MOST_CALLS):
        stores = make_stores(scenario)
        before = sent(stores)
        inner = plain if fault is None else FaultyGate({moment: fault})
        gate = Meanwhile(moment, partial(happens, stores, scenario), inner)
        operate(stores, scenario, gate)
        if fault is not None:  # a run that came to its end needs no other
            operate(stores, scenario)
        send_until_quiet(stores, evidence=scenario.evidence)
        check(stores, scenario, before)


@pytest.mark.parametrize("kind", [EventKind.SEND, EventKind.DELIVERY, EventKind.BOUNCE, EventKind.REJECT])
def test_evidence_that_comes_before_the_body_is_claimed_settles_the_message(kind: EventKind) -> None:
    scenario = SCENARIOS["held, sent"]
    event = event_of(kind)
    for moment in range(MOST_CALLS):
        stores = make_stores(scenario)
        before = sent(stores)

        happens = partial(stores.ledger.apply, "m-1", lambda row: apply_event(row, event))
        operate(stores, scenario, Meanwhile(moment, happens, plain))
        happens()
        send_until_quiet(stores)

        row = stores.ledger.get("m-1")
        assert row is not None
        assert row.status not in (Status.CLAIMED, Status.HELD)
        assert row.ses_ids == {"1": "ses-1"}
        assert (row.owner, row.attempt) == ("", 1)
        assert sent(stores) == before


@pytest.mark.parametrize("kind", [EventKind.SEND, EventKind.DELIVERY])
def test_evidence_that_comes_after_the_claim_leaves_one_more_mail_and_both_ids(kind: EventKind) -> None:
    scenario = SCENARIOS["held, sent"]
    event = event_of(kind)
    for moment in range(8):
        stores = make_stores(scenario)
        operate(stores, scenario)
        happens = partial(stores.ledger.apply, "m-1", lambda row: apply_event(row, event))
        send_until_quiet(stores, Meanwhile(moment, happens, plain))
        happens()

        row = stores.ledger.get("m-1")
        assert row is not None
        assert row.status in (Status.SENT, Status.DELIVERED)
        assert row.owner == ""
        assert len(stores.mailer.mails) in (1, 2)
        assert row.ses_ids["1"] == "ses-1"
        assert len(row.ses_ids) == len(stores.mailer.mails)


@pytest.mark.parametrize("name", ["invalid", "failed", "held, sent", "not allowed", "released"])
def test_two_operators_at_once_send_it_once(name: str) -> None:
    scenario = SCENARIOS[name]
    for first, second in product(range(8), repeat=2):
        stores = make_stores(scenario)
        before = sent(stores)
        turns = Turns(first, second)
        problems: list[BaseException] = []

        def work(
            who: str,
            stores: RedriveStores = stores,
            turns: Turns = turns,
            problems: list[BaseException] = problems,
        ) -> None:
            try:
                operate(stores, scenario, turns.gate(who, plain), name=f"operator:{who}")
            except (Exception, DiedError) as error:  # noqa: BLE001  told to the test, in another thread
                problems.append(error)

        threads = [threading.Thread(target=turns.run, args=(who, partial(work, who))) for who in "AB"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        assert problems == []
        send_until_quiet(stores, evidence=scenario.evidence)
        check(stores, scenario, before)
