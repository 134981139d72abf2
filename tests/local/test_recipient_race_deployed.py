"""A bounce comes in while many mails to its address are under way on the deployed stack."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from postroad.contract.words import Reason, Status
from postroad.ledger.row import UNSETTLED, Row
from tests.local_stack import LocalStack, patiently

MAILS = 150
"""The exact proof is of 500, in one process: tests/rate/test_suppression_race.py."""
LONGEST_SINCE_CHECK = timedelta(seconds=5)
"""Between the check of suppressions and the mail that leaves on it, at most."""
PATIENCE_SECONDS = 240.0


def test_a_bounce_stops_what_still_waits_for_its_address(stack: LocalStack) -> None:
    address = {"email": f"{stack.new_id('raced')}@example.com"}
    first = stack.send(stack.message("raced-first", to=address))
    messages = [stack.message("raced", to=address) for _ in range(MAILS)]
    ids = {str(message["message_id"]) for message in messages}
    stack.enqueue(*messages[: MAILS // 2])

    stack.inbox.report(first.ses_message_id, "bounce")
    patiently(lambda: stack.suppression(first.address_key), lambda: "the suppression")
    written = datetime.now(UTC)  # not later than this
    stack.enqueue(*messages[MAILS // 2 :])

    rows: dict[str, Row] = {}
    end = time.monotonic() + PATIENCE_SECONDS
    while len(rows) < MAILS and time.monotonic() < end:
        found = stack.ledger.get_many(ids - rows.keys())
        # One that SES took before the write may bounce: the address is on SES's own list by then.
        rows |= {message_id: row for message_id, row in found.items() if row.status not in UNSETTLED}
        time.sleep(0.5)
    assert len(rows) == MAILS
    stopped = {message_id for message_id, row in rows.items() if row.status is Status.SUPPRESSED}
    after = {str(message["message_id"]) for message in messages[MAILS // 2 :]}
    assert after <= stopped, "a check that started after the write let a mail go"
    assert {rows[message_id].reason for message_id in stopped} == {Reason.HARD_BOUNCE}
    mails = {mail["message_id"]: mail for mail in stack.inbox.mails(to=address["email"])}
    assert not stopped & mails.keys()
    late = [
        mail for mail in mails.values() if datetime.fromisoformat(mail["at"]) > written + LONGEST_SINCE_CHECK
    ]
    assert late == []
