from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.words import Reason, Status
from postroad.ledger.row import REOPENED, UNSETTLED, Row
from postroad.redriving.judging import (
    Judgement,
    Leave,
    Redrive,
    Risks,
    Step,
    WhyLeft,
    is_unfinished,
    judge,
    may_have_been_sent,
    prepared,
)
from postroad.sending.judging import Open
from postroad.sending.judging import judge as judge_copy

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ANA = "operator:ana"


def make_row(status: Status, reason: str = "", **fields: object) -> Row:
    values = {"fingerprint": "f", "attempt": 1, "stream": "transactional", **fields}
    return Row(message_id="m-1", status=status, reason=reason, **values)  # type: ignore[arg-type]  # real fields


def judged(
    row: Row | None, *, despite: bool = False, named: bool = True, fingerprint: str = "f"
) -> Judgement:
    risks = Risks(unknown_outcome=despite, refusal=named)
    return judge(row, fingerprint=fingerprint, risks=risks, now=NOW)


UNKNOWN = make_row(Status.HELD, Reason.UNKNOWN_OUTCOME, owner="run-1", times={"held": NOW})
REFUSED = make_row(Status.FAILED, Reason.MESSAGE_REJECTED, detail="MessageRejected", expires_at=NOW)
STRANGER = make_row(Status.HELD, Reason.RECIPIENT_NOT_ALLOWED, attempt=0)
INVALID = make_row(Status.INVALID, Reason.TEMPLATE_DATA, attempt=0, expires_at=NOW)


def test_what_can_be_re_opened_is() -> None:
    assert judged(INVALID) == Redrive(Step.NOTE)
    assert judged(REFUSED) == Redrive(Step.REOPEN, was_refused=True)
    assert judged(STRANGER) == Redrive(Step.REOPEN)
    assert judged(None) == Redrive(Step.NONE)


def test_what_ses_refused_must_be_named() -> None:
    assert judged(REFUSED, named=False, despite=True) == Leave(WhyLeft.REFUSED_BY_SES)


@pytest.mark.parametrize("status", sorted(set(Status) - UNSETTLED - {Status.INVALID, Status.FAILED}))
def test_a_message_that_has_ended_is_left_alone(status: Status) -> None:
    assert judged(make_row(status), despite=True) == Leave(WhyLeft.SETTLED)


def test_what_waits_for_its_time_is_left_alone() -> None:
    waiting = make_row(Status.SCHEDULED, Reason.SEND_AT, attempt=0, due=NOW, generation=1)
    assert judged(waiting, despite=True) == Leave(WhyLeft.SCHEDULED)


def test_what_evidence_will_decide_is_left_alone_whoever_asks() -> None:
    for lease in (NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)):
        awaiting = make_row(Status.CLAIMED, Reason.UNKNOWN_OUTCOME, owner="run-1", lease_until=lease)
        assert judged(awaiting, despite=True) == Leave(WhyLeft.AWAITING_EVIDENCE)


@pytest.mark.parametrize(
    "row",
    [
        UNKNOWN,
        make_row(Status.HELD, Reason.ATTEMPTS_EXHAUSTED),
        make_row(Status.HELD, Reason.BODY_LOST, owner="run-1"),
    ],
    ids=str,
)
def test_an_unknown_outcome_needs_a_word_of_its_own(row: Row) -> None:
    assert may_have_been_sent(row)
    assert judged(row) == Leave(WhyLeft.MAY_HAVE_BEEN_SENT)
    assert judged(row, despite=True) == Redrive(Step.REOPEN, may_have_been_sent=True)


def test_a_body_that_was_lost_before_the_first_attempt_is_no_unknown_outcome() -> None:
    lost = make_row(Status.HELD, Reason.BODY_LOST, attempt=0, generation=1)
    assert not may_have_been_sent(lost)
    assert judged(lost) == Redrive(Step.REOPEN)


def test_what_ses_took_is_left_alone_though_it_failed_afterwards() -> None:
    failed = make_row(Status.FAILED, Reason.RENDERING_FAILURE, ses_ids={"1": "ses-1"})
    assert judged(failed) == Leave(WhyLeft.TAKEN_BY_SES)


def test_a_claim_is_left_alone_while_its_lease_lasts() -> None:
    claim = make_row(Status.CLAIMED, owner="run-1", lease_until=NOW + timedelta(seconds=1))
    assert judged(claim, despite=True) == Leave(WhyLeft.BEING_SENT)
    ended = make_row(Status.CLAIMED, owner="run-1", lease_until=NOW)
    assert judged(ended) == Redrive(Step.NONE)  # `send` lets evidence decide
    assert judged(make_row(Status.CLAIMED)) == Redrive(Step.NONE)


@pytest.mark.parametrize("row", [UNKNOWN, REFUSED, STRANGER, INVALID, make_row(Status.CLAIMED)], ids=str)
def test_another_body_under_the_same_id_is_left_alone(row: Row) -> None:
    assert judged(row, despite=True, fingerprint="other") == Leave(WhyLeft.OTHER_BODY)


def test_a_refusal_that_was_never_read_has_no_body_to_compare() -> None:
    assert judged(make_row(Status.INVALID, Reason.SCHEMA, fingerprint="")) == Redrive(Step.NOTE)


@pytest.mark.parametrize("row", [UNKNOWN, REFUSED, STRANGER], ids=str)
def test_a_re_opened_row_is_open_to_send_and_names_the_operator(row: Row) -> None:
    opened = prepared(row, Step.REOPEN, operator=ANA, now=NOW)
    assert judge_copy(opened, fingerprint="f", now=NOW) == Open()
    assert is_unfinished(opened)
    assert (opened.status, opened.reason, opened.detail, opened.owner) == (Status.CLAIMED, "", "", "")
    assert opened.expires_at is None
    assert opened.times[REOPENED] == NOW
    (note,) = opened.notes
    assert note.startswith(
        f"re-opened by {ANA} on 2026-11-22 14:00:00 UTC: it was {row.status} ({row.reason})"
    )
    assert ("may have been sent" in note) == (row is UNKNOWN)
    assert (opened.attempt, opened.ses_ids) == (row.attempt, row.ses_ids)


def test_a_re_opened_row_waits_for_nothing_and_keeps_its_generation() -> None:
    row = replace(UNKNOWN, due=NOW, generation=3, evidence_after=NOW, failures=5)
    opened = prepared(row, Step.REOPEN, operator=ANA, now=NOW)
    assert (opened.due, opened.evidence_after, opened.failures, opened.generation) == (None, None, 0, 3)


def test_an_invalid_row_stays_invalid_and_is_noted() -> None:
    noted = prepared(INVALID, Step.NOTE, operator=ANA, now=NOW)
    assert (noted.status, noted.reason, noted.expires_at) == (Status.INVALID, INVALID.reason, NOW)
    assert ANA in noted.notes[0]
    assert not is_unfinished(noted)
