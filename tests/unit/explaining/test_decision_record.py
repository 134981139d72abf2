from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.cli.output import clean
from postroad.contract.words import RECEIVES_EXHAUSTED, Reason, Status
from postroad.explaining import decision_record, meanings
from postroad.explaining.moments import duration, moment
from postroad.suppression.model import Suppression
from tests.unit.cli.deployed import ANA, NOON, bounce, make_row


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_sentence(status: Status) -> None:
    assert meanings.of_status(status).endswith((".", ".)"))


@pytest.mark.parametrize("reason", [*Reason, RECEIVES_EXHAUSTED])
def test_every_reason_has_a_sentence(reason: str) -> None:
    assert meanings.of_reason(reason) != reason
    assert meanings.of_reason(reason).endswith(".")


def test_what_to_do_next_would_not_end_the_same_way_again() -> None:
    assert "same id" in (meanings.next_step(Status.INVALID, Reason.TEMPLATE_DATA) or "")
    assert "id of its own" in (meanings.next_step(Status.INVALID, Reason.CONFLICT) or "")


def test_a_reason_of_a_newer_version_stands_for_itself() -> None:
    assert meanings.of_reason("struck_by_lightning") == "struck_by_lightning"


def test_steps_come_in_the_order_of_time_whatever_the_row_s_order() -> None:
    at = NOON + timedelta(seconds=5)
    row = make_row(times={"bounced": at, "delivered": at, "claimed": NOON, "accepted": NOON})
    assert [step.word for step in decision_record.steps(row)] == [
        "accepted",
        "claimed",
        "bounced",
        "delivered",
    ]


def test_a_live_lease_and_an_ended_one_read_differently() -> None:
    row = make_row(status=Status.CLAIMED, owner="run-1", lease_until=NOON, ses_ids={})
    before = decision_record.record_lines(row, now=NOON - timedelta(seconds=1))
    after = decision_record.record_lines(row, now=NOON + timedelta(seconds=1))
    assert "    lease until 2025-11-22 12:00:00 UTC" in before
    assert "    lease ended 2025-11-22 12:00:00 UTC" in after
    assert "    1  SES gave no id" in before


def test_a_released_claim_is_told_from_a_held_one() -> None:
    held = decision_record.record_lines(make_row(status=Status.CLAIMED, owner="run-1"), now=NOON)
    released = decision_record.record_lines(make_row(status=Status.CLAIMED, owner=""), now=NOON)
    assert held[1] != released[1]
    assert "tried again" in released[1]


def test_each_attempt_shows_the_id_that_ses_gave_it() -> None:
    row = make_row(attempt=3, ses_ids={"1": "first", "3": "third"})
    lines = decision_record.record_lines(row, now=NOON)
    assert [line.split()[:2] for line in lines if line.startswith("    ")] == [
        ["1", "first"],
        ["2", "SES"],
        ["3", "third"],
    ]


WAITING: dict[str, Any] = {"due": NOON + timedelta(hours=2), "generation": 3, "ses_ids": {}}


def test_what_waits_for_its_time_says_until_when() -> None:
    row = make_row(status=Status.SCHEDULED, reason=Reason.SEND_AT, attempt=0, **WAITING)
    lines = decision_record.record_lines(row, now=NOON)
    assert "  due       2025-11-22 14:00:00 UTC (generation 3)" in lines
    assert lines[-1].endswith("`postroad schedule cancel order-1042` calls it off.")
    assert not any("silence" in line for line in lines)
    told = decision_record.record(row, None, now=NOON)
    assert (told["due"], told["generation"]) == (row.due, 3)


def test_what_evidence_will_decide_says_how_and_how_far_events_have_come() -> None:
    row = make_row(
        status=Status.CLAIMED,
        reason=Reason.UNKNOWN_OUTCOME,
        owner="run-1",
        lease_until=NOON,
        attempt=2,
        evidence_after=NOON + timedelta(minutes=2),
        failures=2,
        **WAITING,
    )
    lines = decision_record.record_lines(row, now=NOON, watermark=NOON - timedelta(seconds=5))
    assert lines[1].startswith("  It waits for SES's events to say whether it was sent")
    assert "  due       2025-11-22 14:00:00 UTC (generation 3)" in lines
    assert "  evidence  any event of attempt 2 proves that it was sent" in lines
    silence = "proves that it was not, once SES's events are applied up to 2025-11-22 12:02:00 UTC"
    assert f"  silence   {silence}" in lines
    assert "  applied   up to 2025-11-22 11:59:55 UTC, so far" in lines
    assert "    1  SES gave no id" in lines
    assert "    2  no answer came: it may have been sent" in lines
    assert not any(line.startswith("  applied") for line in decision_record.record_lines(row, now=NOON))
    told = decision_record.record(row, None, now=NOON)
    assert (told["evidence_after"], told["failures"]) == (row.evidence_after, 2)


def test_a_row_that_has_ended_waits_for_nothing() -> None:
    row = make_row(evidence_after=NOON, **{**WAITING, "ses_ids": {"1": "ses"}})
    assert not any("generation" in line for line in decision_record.record_lines(row, now=NOON))


def test_a_message_that_left_twice_says_so() -> None:
    row = make_row(attempt=3, ses_ids={"1": "first", "3": "third"})
    assert "  It was sent 2 times: SES took attempts 1, 3." in decision_record.record_lines(row, now=NOON)
    assert decision_record.record(row, None, now=NOON)["times_sent"] == 2
    once = decision_record.record_lines(make_row(), now=NOON)
    assert not any("times: SES took" in line for line in once)


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (Status.HELD, Reason.UNKNOWN_OUTCOME, "postroad held release order-1042 --despite-unknown-outcome"),
        (Status.HELD, Reason.ATTEMPTS_EXHAUSTED, "postroad held drop order-1042"),
        (Status.HELD, Reason.RECIPIENT_NOT_ALLOWED, "postroad held release order-1042"),
        (Status.HELD, Reason.BODY_LOST, "under a new id, then `postroad held drop order-1042`"),
        (Status.HELD, Reason.TOO_LARGE, "some bytes shorter, then `postroad held drop order-1042`"),
        (Status.INVALID, Reason.ATTEMPTS_EXHAUSTED, "postroad queues redrive --stream transactional"),
        (Status.CLAIMED, Reason.UNKNOWN_OUTCOME, "it is decided by itself"),
        (Status.SUPPRESSED, Reason.HARD_BOUNCE, "postroad suppression remove"),
        (Status.SUPPRESSED, Reason.PAUSED, "it ends by itself"),
        (Status.SUPPRESSED, Reason.ERASED, "sign up again"),
        (Status.BOUNCED, Reason.ON_ACCOUNT_SUPPRESSION_LIST, "then `postroad suppression sync --apply`"),
    ],
)
def test_what_can_be_done_fits_the_status_and_the_reason(status: Status, reason: Reason, words: str) -> None:
    told = decision_record.explain(make_row(status=status, reason=reason), now=NOON)
    assert words in told.next_step


def test_a_mail_of_a_journey_names_its_step_and_until_when_it_waits_for_a_slot() -> None:
    row = make_row(status=Status.SCHEDULED, reason=Reason.FREQUENCY_CAP, attempt=0, **WAITING)
    explained = decision_record.explain(replace(row, journey="cart", step="first"), now=NOON)
    facts = dict(explained.facts)
    assert facts["journey"] == "cart, step first"
    assert facts["due"]
    assert any("(caps)" in sentence for sentence in explained.sentences)
    assert explained.next_step.startswith("Nothing.")


@pytest.mark.parametrize("reason", [Reason.DROPPED_BY_OPERATOR, Reason.CANCELLED_BY_OPERATOR])
def test_what_an_operator_ended_says_so_and_asks_for_nothing(reason: Reason) -> None:
    told = decision_record.explain(make_row(status=Status.CANCELLED, reason=reason), now=NOON)
    assert "operator" in told.sentences[1]
    assert told.next_step == ""


def test_a_long_word_in_the_timeline_stands_apart_from_what_it_means() -> None:
    row = make_row(status=Status.UNSUBSCRIBED, reason=Reason.UNSUBSCRIBED, times={"unsubscribed": NOON})
    assert any(
        "unsubscribed  stopped: the recipient had left" in line
        for line in decision_record.record_lines(row, now=NOON)
    )


def test_a_row_without_times_does_not_break() -> None:
    assert "  No times are known." in decision_record.record_lines(make_row(times={}), now=NOON)


def test_a_suppression_that_has_ended_is_not_in_force() -> None:
    entry = replace(bounce(), until=NOON + timedelta(days=1))
    suppression = Suppression("k1.x", ANA, {"all": entry})
    assert "until 2025-11-23" in decision_record.suppression_lines(suppression, now=NOON)[0]
    later = NOON + timedelta(days=2)
    assert decision_record.suppression_records(suppression, now=later) == []


def test_nothing_that_others_wrote_steers_the_terminal() -> None:
    assert clean("red \x1b[31m\r\n\u202eabc") == "red �[31m���abc"
    assert clean("李娜 ñ") == "李娜 ñ"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (3.21, "3.2 s"), (119, "119.0 s"), (240, "4 min"), (18_000, "5 h"), (600_000, "7 d")],
)
def test_durations_are_told_in_one_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_no_moment_is_a_dash() -> None:
    assert moment(None) == "–"
