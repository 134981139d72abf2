"""What became of a request without an answer is decided by what SES reports, and by its silence."""

import time
from collections.abc import Mapping

import pytest

from postroad.contract.words import Status
from postroad.ledger.row import Row
from tests.local_stack import LocalStack
from tools.rehearsing import Rehearsal

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 90.0
HURRY_SECONDS = 2.0
FAULTS: Mapping[str, list[tuple[str, str]]] = {
    "answer-lost": [("lost_answer", "both")],
    "answer-lost-and-bulk-alone": [("lost_answer", "both"), ("lost_events", "fast")],
    "request-lost": [("lost_request", "both")],
    "not-sent-and-500": [("server_error", "both")],
}
"""Kinds of faults, and the path of events that each is on. A fifth would open the circuit."""


@pytest.fixture(scope="module")
def rows(stack: LocalStack, rehearsal: Rehearsal) -> dict[str, Row]:
    """Send one message into each fault, and wait until all have ended."""
    messages = {name: stack.message(name) for name in FAULTS}
    for name, faults in FAULTS.items():
        for kind, path in faults:
            stack.inbox.add_fault(kind, recipient=f"{messages[name]['message_id']}@example.com", path=path)
    stack.enqueue(*messages.values())
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = {name: stack.ledger.get(str(message["message_id"])) for name, message in messages.items()}
        if all(row is not None and row.status is Status.DELIVERED for row in found.values()):
            break
        time.sleep(HURRY_SECONDS)
        rehearsal.hurry()
    stack.wait_until_quiet()
    return {name: row for name, row in found.items() if row is not None}


@pytest.mark.parametrize("name", ["answer-lost", "answer-lost-and-bulk-alone"])
def test_what_ses_took_is_known_by_its_event_and_never_sent_again(
    stack: LocalStack, rows: Mapping[str, Row], name: str
) -> None:
    row = rows[name]
    assert (row.status, row.attempt) == (Status.DELIVERED, 1)
    (mail,) = stack.mails_of(row.message_id)
    assert row.ses_ids == {"1": mail["id"]}


@pytest.mark.parametrize("name", ["request-lost", "not-sent-and-500"])
def test_what_ses_never_saw_is_sent_again_exactly_once(
    stack: LocalStack, rows: Mapping[str, Row], name: str
) -> None:
    row = rows[name]
    assert (row.status, row.attempt) == (Status.DELIVERED, 2)
    (mail,) = stack.mails_of(row.message_id)
    assert row.ses_ids == {"2": mail["id"]}
