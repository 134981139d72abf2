from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.result import Result
from postroad.contract.words import Status
from postroad.ledger.row import Row
from postroad.outcomes.transition import UNLISTED, RowChange, result_of

SENT_AT = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
BOUNCED_AT = SENT_AT + timedelta(seconds=3)
WRITTEN_AT = SENT_AT + timedelta(seconds=4)
EVERYTHING = {"transactional": tuple(Status)}

SENT = Row(
    message_id="order-1042-confirmation",
    status=Status.SENT,
    stream="transactional",
    template="order_confirmation",
    email="ana.ruiz@example.com",
    attempt=2,
    ses_ids={"1": "ses-1", "2": "ses-2"},
    times={"sent": SENT_AT},
    notes=("SES: soft bounce (MailboxFull)",),
    tags={"order": "1042"},
)
BOUNCED = replace(
    SENT,
    status=Status.BOUNCED,
    reason="hard_bounce",
    bounce="hard",
    times={"sent": SENT_AT, "bounced": BOUNCED_AT},
)


def change(before: Row | None, after: Row | None) -> RowChange:
    return RowChange(sequence_number="1", event_id="c4ca4238", at=WRITTEN_AT, before=before, after=after)


def test_a_transition_becomes_a_result() -> None:
    assert result_of(change(SENT, BOUNCED), EVERYTHING) == Result(
        id="c4ca4238",
        message_id="order-1042-confirmation",
        stream="transactional",
        template="order_confirmation",
        status=Status.BOUNCED,
        reason="hard_bounce",
        ses_message_id="ses-2",
        at=BOUNCED_AT,
        tags={"order": "1042"},
    )


def test_an_insert_is_a_transition() -> None:
    result = result_of(change(None, replace(SENT, status=Status.INVALID, reason="schema")), EVERYTHING)
    assert result is not None
    assert (result.status, result.reason) == (Status.INVALID, "schema")


@pytest.mark.parametrize(
    "no_transition",
    [
        change(SENT, replace(SENT, version=3, notes=())),
        change(BOUNCED, replace(BOUNCED, times={**BOUNCED.times, "delivered": SENT_AT})),
        change(SENT, None),
    ],
    ids=["a note", "an event that changes no status", "a removal"],
)
def test_a_write_without_a_transition_publishes_nothing(no_transition: RowChange) -> None:
    assert result_of(no_transition, EVERYTHING) is None


def test_a_soft_bounce_that_turns_hard_is_told_again() -> None:
    soft = replace(BOUNCED, reason="soft_bounce", bounce="soft")
    result = result_of(change(soft, BOUNCED), EVERYTHING)
    assert result is not None
    assert (result.status, result.reason) == (Status.BOUNCED, "hard_bounce")
    assert result_of(change(BOUNCED, replace(BOUNCED, version=9)), EVERYTHING) is None


@pytest.mark.parametrize("status", sorted(Status))
def test_a_stream_publishes_what_it_lists_and_nothing_else(status: Status) -> None:
    transition = change(replace(SENT, status=Status.SCHEDULED), replace(SENT, status=status))
    if status is Status.SCHEDULED:
        transition = change(None, replace(SENT, status=status))
    published = result_of(transition, {"transactional": ("bounced", "held")})
    assert (published is not None) is (status in {Status.BOUNCED, Status.HELD})


@pytest.mark.parametrize("status", sorted(Status))
def test_what_belongs_to_no_configured_stream_is_told_unless_it_is_everyday(status: Status) -> None:
    row = replace(SENT, stream="gone", status=status)
    assert (result_of(change(None, row), EVERYTHING) is not None) is (status in UNLISTED)
    everyday = {Status.SCHEDULED, Status.CLAIMED, Status.SENT, Status.DELIVERED}
    assert set(Status) - everyday == UNLISTED


def test_a_refusal_without_an_id_is_published_under_its_own_key() -> None:
    refused = Row(message_id="!059f36b4", status=Status.INVALID, stream="transactional", reason="not_json")
    result = result_of(change(None, refused), EVERYTHING)
    assert result is not None
    assert (result.message_id, result.template, result.ses_message_id) == ("!059f36b4", None, None)


def test_a_status_reached_a_second_time_has_the_time_of_its_write() -> None:
    failed = replace(SENT, status=Status.FAILED, times={"failed": SENT_AT})
    again = replace(failed, status=Status.CLAIMED)
    first = result_of(change(None, failed), EVERYTHING)
    second = result_of(change(again, failed), EVERYTHING)
    assert first is not None
    assert second is not None
    assert (first.at, second.at) == (SENT_AT, WRITTEN_AT)


def test_no_address_gets_into_a_result() -> None:
    tagged = replace(
        BOUNCED, tags={"customer": "<Ana.Ruiz@Example.com>", "ana.ruiz@example.com": "1", "order": "1042"}
    )
    result = result_of(change(SENT, tagged), EVERYTHING)
    assert result is not None
    assert result.tags == {"customer": "[address]", "[address]": "1", "order": "1042"}
    assert "@" not in repr(result)
