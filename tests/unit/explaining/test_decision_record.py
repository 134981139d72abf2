from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
