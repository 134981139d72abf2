"""What each row means for another copy: the table."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.sending.judging import (
    Abandoned,
    Conflicting,
    Drop,
    Leased,
    Meaning,
    NotDue,
    Open,
    Pending,
    Unproven,
    is_proof,
    judge,
)
from tests.sending_world import NOW

SECOND = timedelta(seconds=1)
ROW = Row(message_id="m-1", status=Status.CLAIMED, fingerprint="same", attempt=1)
CLAIMED = replace(ROW, owner="owner", lease_until=NOW)
AWAITING = replace(
    ROW, owner="owner", reason=Reason.UNKNOWN_OUTCOME.value, evidence_after=NOW, generation=3, due=NOW
)
SCHEDULED = replace(ROW, status=Status.SCHEDULED, reason=Reason.SEND_AT.value, generation=3, due=NOW)
FINAL = [
    Status.SENT,
    Status.DELAYED,
    Status.DELIVERED,
    Status.BOUNCED,
    Status.COMPLAINED,
    Status.REJECTED,
    Status.SUPPRESSED,
    Status.UNSUBSCRIBED,
    Status.CAPPED,
    Status.EXPIRED,
    Status.CANCELLED,
]


@pytest.mark.parametrize(
    ("row", "generation", "meaning"),
    [
        (ROW, 0, Open()),
        (ROW, 7, Open()),
        (replace(ROW, status=Status.INVALID), 0, Open()),
        (replace(CLAIMED, lease_until=NOW + SECOND), 3, Leased(NOW + SECOND)),
        (CLAIMED, 0, Abandoned(NOW)),
        (CLAIMED, 3, Abandoned(NOW)),
        (AWAITING, 0, Unproven(NOW, is_turn=False)),
        (AWAITING, 2, Unproven(NOW, is_turn=False)),
        (AWAITING, 3, Unproven(NOW, is_turn=True)),
        (replace(AWAITING, generation=0), 0, Unproven(NOW, is_turn=False)),
        (SCHEDULED, 0, Pending()),
        (SCHEDULED, 2, Pending()),
        (SCHEDULED, 4, Pending()),
        (SCHEDULED, 3, Open()),
        (replace(SCHEDULED, due=NOW + SECOND), 3, NotDue(NOW + SECOND)),
        (replace(SCHEDULED, due=NOW + SECOND), 0, Pending()),
        *[(replace(ROW, status=status), 3, Drop(keeps_body=False)) for status in FINAL],
        (replace(ROW, status=Status.HELD), 3, Drop(keeps_body=True)),
        (replace(ROW, status=Status.FAILED), 3, Drop(keeps_body=True)),
    ],
)
def test_a_row_decides_about_a_copy_by_the_pointer_that_brought_it(
    row: Row, generation: int, meaning: Meaning
) -> None:
    assert judge(row, fingerprint="same", generation=generation, now=NOW) == meaning


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.INVALID}))
@pytest.mark.parametrize("generation", [0, 3])
def test_another_body_conflicts_with_every_row_but_a_refused_one(status: Status, generation: int) -> None:
    row = replace(SCHEDULED, status=status)
    assert judge(row, fingerprint="other", generation=generation, now=NOW) == Conflicting()


def test_silence_proves_something_only_under_a_watermark_that_has_passed_it() -> None:
    assert not is_proof(None, NOW)
    assert not is_proof(NOW, NOW)
    assert is_proof(NOW + timedelta(milliseconds=1), NOW)
