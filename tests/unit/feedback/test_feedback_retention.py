"""How long a row is kept after what SES reports: by status, and the same in whatever order reports come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from postroad.contract.words import BounceKind, Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.folding import fold
from postroad.ledger.redacting import redacted
from postroad.ledger.retention import retention_of
from postroad.ledger.row import Row

SENT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RETENTION = retention_of(90, {"sent": 30, "delivered": 40, "complained": 400})
DELIVERED = FeedbackEvent(
    kind=EventKind.DELIVERY, at=SENT + DAY, accepted_at=SENT, ses_message_id="0102", attempt=1
)
COMPLAINED = FeedbackEvent(
    kind=EventKind.COMPLAINT, at=SENT + 5 * DAY, accepted_at=SENT, ses_message_id="0102", attempt=1
)
BOUNCED = FeedbackEvent(
    kind=EventKind.BOUNCE, at=SENT + 2 * DAY, accepted_at=SENT, ses_message_id="0102", attempt=1,
    bounce=BounceKind.HARD, word="General", explanation="550 Ana Ruiz is unknown here",
)  # fmt: skip


def sent() -> Row:
    return Row(
        message_id="order-1",
        status=Status.SENT,
        attempt=1,
        email="ana.ruiz@example.com",
        address_key="k1.ana",
        ses_ids={"1": "0102"},
        times={"sent": SENT},
        expires_at=SENT + 33 * DAY,
    )


@pytest.mark.parametrize(
    ("event", "end"), [(DELIVERED, 1 + 40), (BOUNCED, 2 + 90), (COMPLAINED, 5 + 400)],
    ids=["of its own", "the usual", "a long one"],
)  # fmt: skip
def test_a_row_is_kept_for_what_its_status_says(event: FeedbackEvent, end: int) -> None:
    assert fold(sent(), [event], RETENTION).after.expires_at == SENT + end * DAY


def test_the_end_is_the_same_in_any_order() -> None:
    ends = {
        fold(sent(), order, RETENTION).after.expires_at for order in permutations([DELIVERED, COMPLAINED])
    }
    assert ends == {SENT + 405 * DAY}


def test_no_row_goes_before_28_days() -> None:
    short = retention_of(1, {})
    assert fold(sent(), [COMPLAINED], short).after.expires_at == SENT + 33 * DAY
    assert short.after(Status.BOUNCED) == 28 * DAY


def test_a_redacted_row_moves_on_and_nothing_about_its_recipient_comes_back() -> None:
    row = redacted(sent(), provider="other", now=SENT + DAY)

    after = fold(row, [BOUNCED], RETENTION).after

    assert (after.status, after.bounce, after.is_redacted) == (Status.BOUNCED, "hard", True)
    assert (after.email, after.address_key, after.notes, after.detail) == ("", "", (), "")
