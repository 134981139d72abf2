"""Whatever dies or fails at whichever call: no message is lost, and none is sent twice.

Every call on every port is tried in turn with every fault, and then the queue hands out what it still holds
until it is empty. After that each message must stand where somebody can see it.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest

from postroad.contract.parser import fingerprint, parse_message
from postroad.contract.tags import ATTEMPT_TAG, MESSAGE_TAG, decode_tag
from postroad.contract.words import Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.status import apply_event
from postroad.feedback.verdict import verdict_of
from postroad.ledger.row import REFUSAL_PREFIX
from postroad.records import Record
from tests.crash_world import (
    FAULTS,
    WAIT,
    AfterAcceptance,
    DiedError,
    Fault,
    FaultyGate,
    Gate,
    Stores,
    Turns,
    dies_after,
    fails_after,
    fails_before,
    plain,
    spoiled_sending,
)
from tests.matrix.inline_threads import without_threads
from tests.sending_world import NOW, SETTINGS, World, make_message

pytestmark = pytest.mark.slow

VISIBILITY = timedelta(minutes=6)
ENOUGH = 40
MOST_CALLS = {"one": 6, "conflict": 7, "not allowed": 7}
ALLOW = ("m-*", "bad*", "stopped*", "late*")
VANISHES = "file vanishes"
"""The scenario whose attachment is gone when a message comes for the second time."""

FILE = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}

SCENARIOS: dict[str, list[dict[str, Any] | str]] = {
    "one": [make_message("m-1")],
    "copies": [make_message("m-1")] * 3,
    "conflict": [make_message("m-1"), make_message("m-1", data={"word": "other"})],
    "stopped": [make_message("stopped"), make_message("late", expires_at="2026-11-22T13:59:59Z")],
    "not allowed": [make_message("stranger"), make_message("stranger", data={"word": "other"})],
    "refused": ["no JSON", make_message("bad", data={}), make_message("bad")],
    VANISHES: [make_message("m-1", attachments=[FILE])],
    "later": [make_message("m-1", send_at="2026-11-22T15:00:00Z")] * 2,
    "later conflict": [
        make_message("m-1", send_at="2026-11-22T15:00:00Z"),
        make_message("m-1", send_at="2026-11-22T16:00:00Z"),
    ],
    "later bad": [make_message("bad", send_at="2026-11-22T15:00:00Z", data={})],
    "soon": [make_message("m-1", send_at="2026-11-22T14:02:00Z")],
    "file": [make_message("m-1", attachments=[FILE]), make_message("m-2")],
}


@pytest.fixture(autouse=True)
def _one_call_after_another() -> Iterator[None]:
    """Let each process work in one thread: the k-th call is then the same in every run."""
    with without_threads():
        yield


def make_stores(scenario: str) -> Stores:
    stores = Stores()
    bodies = SCENARIOS[scenario]
    for index, body in enumerate(bodies):
        stores.queue[f"sqs-{index}"] = World().record(body, index)
    stores.attachments.objects["invoices/a"] = b"file"
    World(suppressions=stores.suppressions).suppress("stopped@example.com")
    return stores


def deliver(stores: Stores, world: World) -> None:
    """Hand out everything on the queue, and delete what the function did not report."""
    records = list(stores.queue.values())
    try:
        kept = set(world.send_records(records).failures)
    except DiedError:
        kept = {record.sqs_id for record in records}
    for record in records:
        if record.sqs_id in kept:
            stores.queue[record.sqs_id] = replace(record, receives=record.receives + 1)
        else:
            stores.queue.pop(record.sqs_id, None)


def run_until_quiet(stores: Stores, gate: Gate, scenario: str) -> None:
    world = stores.world(gate, allow=ALLOW)
    for _ in range(ENOUGH):
        if not stores.queue and not len(stores.pointers):
            return
        deliver(stores, world)
        if scenario == VANISHES:
            stores.attachments.objects.clear()
        world.clock.at += VISIBILITY
        apply_evidence(stores, world.clock.at)
        dispatch(stores, world.clock.at)
    pytest.fail(f"still waiting: {sorted(stores.queue)}, {stores.pointers.all()}")


def apply_evidence(stores: Stores, now: datetime) -> None:
    """Apply the Send event of every mail that SES took, and let the watermark follow."""
    for number, mail in enumerate(stores.mailer.mails, start=1):
        event = FeedbackEvent(
            kind=EventKind.SEND,
            at=NOW,
            accepted_at=NOW,
            ses_message_id=f"ses-{number}",
            message_id=decode_tag(mail.tags[MESSAGE_TAG]),
            attempt=int(mail.tags[ATTEMPT_TAG]),
        )
        stores.ledger.apply(event.message_id, partial(apply_event, event=event))
    stores.watermarks.advance("transactional", now)


def dispatch(stores: Stores, now: datetime) -> None:
    """Put what is due on the queue, and let the stream run again if its circuit opened."""
    stores.breaker.close()
    for pointer in stores.pointers.all():
        body = stores.bodies.get(pointer.message_id, pointer.fingerprint)
        if pointer.minute <= now:
            if body is not None:
                sqs_id = f"sqs-{pointer.message_id}-{pointer.generation}-{pointer.minute:%H%M}"
                stores.queue[sqs_id] = Record(sqs_id, "receipt", body, NOW, 1, pointer.generation)
            stores.pointers.remove([pointer])


def check_nothing_lost_and_nothing_twice(stores: Stores, scenario: str) -> None:
    accepted = Counter(decode_tag(mail.tags[MESSAGE_TAG]) for mail in stores.mailer.mails)
    bodies = [body for body in SCENARIOS[scenario] if isinstance(body, dict)]
    for message_id in {body["message_id"] for body in bodies}:
        row = stores.ledger.get(message_id)
        assert row is not None, message_id
        assert accepted[message_id] <= 1, row
        assert row.status not in (Status.CLAIMED, Status.SCHEDULED), row
        if row.status is Status.SENT:
            assert accepted[message_id] == 1
            assert message_id not in stores.bodies, row
        elif row.status in (Status.HELD, Status.FAILED):
            assert row.status is Status.HELD or accepted[message_id] == 0
            kept = stores.bodies.get(message_id, row.fingerprint)
            assert kept is not None, row
            assert fingerprint(parse_message(kept)) == row.fingerprint
        else:
            assert accepted[message_id] == 0, row
    # Each record was sent, stopped or held under its own row, or lies in the dead letters.
    fingerprints = {row.fingerprint for row in stores.ledger.rows() if row.status is not Status.INVALID}
    copied = {refusal.record.sqs_id for refusal in stores.dead_letters.copies}
    copied_bodies = {refusal.record.body for refusal in stores.dead_letters.copies}
    for record in make_stores(scenario).queue.values():
        if record.body not in copied_bodies:
            assert fingerprint(parse_message(record.body)) in fingerprints
    for row in stores.ledger.rows():
        if row.message_id.startswith(REFUSAL_PREFIX):
            assert row.message_id.removeprefix(REFUSAL_PREFIX) in copied


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_fault_at_any_call_neither_loses_nor_repeats_a_message(scenario: str, fault: Fault) -> None:
    for place in range(200):
        gate = FaultyGate({place: fault})
        stores = make_stores(scenario)
        run_until_quiet(stores, gate, scenario)
        check_nothing_lost_and_nothing_twice(stores, scenario)
        if len(gate.names) <= place:
            return
    pytest.fail("a run that never ends")


def interleave(stores: Stores, turns: Turns, gate: Gate, *, ahead: timedelta) -> None:
    """Two functions handle the same queue's records at once; B's clock is `ahead` of A's."""
    worlds = {"A": stores.world(turns.gate("A", gate), allow=ALLOW)}
    worlds["B"] = stores.world(turns.gate("B", plain), allow=ALLOW)
    worlds["B"].clock.at += ahead
    worlds["B"].owners = 1000  # real ones are random
    records = list(stores.queue.values())
    handed = {"A": records, "B": list(reversed(records))}
    problems: list[BaseException] = []

    def work(who: str) -> None:
        try:
            report = worlds[who].send_records(handed[who])
        except BaseException as error:  # noqa: BLE001  told to the test, which runs in another thread
            problems.append(error)
            return
        for record in records:
            if record.sqs_id not in report.failures:
                stores.queue.pop(record.sqs_id, None)
            elif record.sqs_id in stores.queue:
                stores.queue[record.sqs_id] = replace(record, receives=2)

    threads = [threading.Thread(target=turns.run, args=(who, partial(work, who))) for who in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert problems == []


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=SETTINGS.lease_seconds + 1)])
@pytest.mark.parametrize(
    ("scenario", "fault"),
    [
        ("one", None),
        ("one", fails_before),
        ("one", fails_after),
        ("conflict", fails_before),
        ("not allowed", None),
    ],
)
def test_two_functions_with_the_same_records_neither_lose_nor_repeat_a_message(
    scenario: str, ahead: timedelta, fault: Fault | None
) -> None:
    for first, second in product(range(MOST_CALLS[scenario]), repeat=2):
        stores = make_stores(scenario)
        gate = plain if fault is None else spoiled_sending(fault)
        interleave(stores, Turns(first, second), gate, ahead=ahead)
        run_until_quiet(stores, plain, scenario)
        check_nothing_lost_and_nothing_twice(stores, scenario)


@pytest.mark.parametrize("fault", [None, fails_after, dies_after])
@pytest.mark.parametrize("kind", [EventKind.SEND, EventKind.DELIVERY, EventKind.REJECT])
def test_an_event_at_any_moment_after_ses_took_the_mail_says_what_became_of_it(
    kind: EventKind, fault: Fault | None
) -> None:
    event = event_of(kind)
    for moment in range(12):
        stores = make_stores("one")
        spoiled = plain if fault is None else spoiled_sending(fault)
        happens = partial(stores.ledger.apply, "m-1", lambda row: apply_event(row, event))
        run_until_quiet(stores, AfterAcceptance(stores, moment, happens, spoiled), "one")
        happens()

        row = stores.ledger.get("m-1")
        assert row is not None
        assert (row.status, row.owner) == (verdict_of(event).status, "")
        assert row.ses_ids == {"1": "ses-1"}
        assert row.expires_at is not None
        assert len(stores.mailer.mails) == 1


def event_of(kind: EventKind) -> FeedbackEvent:
    return FeedbackEvent(
        kind=kind, at=NOW, accepted_at=NOW, ses_message_id="ses-1", message_id="m-1", attempt=1
    )
