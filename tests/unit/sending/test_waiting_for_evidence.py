"""An attempt that ended without an answer waits until evidence says whether SES took it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from postroad.contract.tags import ATTEMPT_TAG
from postroad.contract.words import Reason, Status
from postroad.errors import UnknownOutcomeError
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.status import apply_event
from postroad.observability import Metric
from postroad.schedule.pointer import Priority
from postroad.sending.decisions import Duplicate, Later, Sent, Settled, Waits, Why
from postroad.sending.errors import SesBusyError
from postroad.sending.mail import Mail
from tests.crash_world import DiedError
from tests.sending_world import NOW, World, make_message

SECOND = timedelta(seconds=1)
EVIDENCE = timedelta(seconds=120)
AFTER_CRASH = timedelta(seconds=300)
LEASE = timedelta(seconds=90)
STREAM = "transactional"


def lose_answers(world: World, *, sent: bool = True) -> None:
    def lose(mail: Mail) -> None:
        if sent:
            world.mailer.mails.append(mail)
        raise UnknownOutcomeError("no answer from SES (ReadTimeoutError)")

    world.mailer.on_send = lose


def crash(world: World, message: dict[str, Any]) -> None:
    """Let the function die with its request under way, and its lease end."""

    def die(_: Mail) -> None:
        raise DiedError

    world.mailer.on_send = die
    with pytest.raises(DiedError):
        world.send(message)
    world.mailer.on_send = None
    world.clock.at += LEASE + SECOND


def send_event(world: World, attempt: int = 1) -> None:
    event = FeedbackEvent(
        kind=EventKind.SEND,
        at=world.clock.now(),
        accepted_at=NOW,
        ses_message_id=f"ses-of-{attempt}",
        message_id="m-1",
        attempt=attempt,
    )
    world.ledger.apply("m-1", lambda row: apply_event(row, event))


def test_a_lost_answer_waits_with_its_body_and_a_pointer(world: World, message: dict[str, Any]) -> None:
    lose_answers(world)
    report = world.send(message)

    after = NOW + EVIDENCE
    assert report.decisions == {"sqs-0": Waits(Reason.UNKNOWN_OUTCOME, after, is_new=True)}
    assert report.failures == []
    row = world.row("m-1")
    assert (row.status, row.reason, row.owner) == (Status.CLAIMED, "unknown_outcome", "owner-1")
    assert (row.attempt, row.failures, row.generation) == (1, 1, 1)
    assert (row.evidence_after, row.due, row.lease_until) == (after, after, None)
    assert row.notes == ("attempt 1: no answer from SES (ReadTimeoutError)",)
    (pointer,) = world.pointers.of("m-1")
    assert (pointer.generation, pointer.due, pointer.priority) == (1, after, Priority.EVIDENCE)
    assert pointer.minute >= NOW + timedelta(seconds=world.settings.schedule_lead_seconds)
    assert "m-1" in world.bodies
    assert world.counts.of(Metric.UNKNOWN_OUTCOMES, STREAM) == 1
    assert world.counts.of(Metric.HELD, STREAM) == 0


@pytest.mark.parametrize("watermark", [None, NOW, NOW + EVIDENCE])
def test_without_proof_it_is_not_sent_again_and_waits_on(
    world: World, message: dict[str, Any], watermark: datetime | None
) -> None:
    lose_answers(world)
    world.send(message)
    world.mailer.on_send = None
    if watermark is not None:
        world.watermarks.advance(STREAM, watermark)
    world.clock.at += timedelta(hours=1)
    copy = world.dispatched("m-1")

    due = world.clock.now() + timedelta(seconds=world.settings.schedule_lead_seconds)
    report = world.send_records([copy])
    assert report.decisions == {"sqs-0": Waits(Reason.UNKNOWN_OUTCOME, due, is_new=False)}
    assert (world.row("m-1").generation, world.row("m-1").due) == (2, due)
    assert [pointer.generation for pointer in world.pointers.of("m-1")] == [1, 2]
    assert len(world.mailer.mails) == 1
    # The older copy, and the producer's, only see to it that the message waits.
    for old in (copy, world.record(message)):
        report = world.send_records([old])
        assert report.decisions == {"sqs-0": Waits(Reason.UNKNOWN_OUTCOME, due, is_new=False)}
    assert world.row("m-1").generation == 2
    assert len(world.mailer.mails) == 1
    assert world.counts.of(Metric.UNKNOWN_OUTCOMES, STREAM) == 1


def test_while_no_evidence_comes_it_is_looked_for_less_and_less_often(
    world: World, message: dict[str, Any]
) -> None:
    lose_answers(world)
    world.send(message)
    waits = []
    for _ in range(9):
        world.clock.at = world.pointers.of("m-1")[-1].due
        began = world.clock.now()
        world.send_records([world.dispatched("m-1")])
        waits.append((world.pointers.of("m-1")[-1].due - began) // timedelta(minutes=1))

    assert waits == [2, 2, 2, 2, 2, 4, 8, 15, 15]
    assert world.row("m-1").attempt == 1


@pytest.mark.parametrize("is_dispatched", [True, False])
def test_silence_under_a_watermark_past_it_proves_that_it_was_not_sent(
    world: World, message: dict[str, Any], *, is_dispatched: bool
) -> None:
    lose_answers(world, sent=False)
    world.send(message)
    world.mailer.on_send = None
    world.watermarks.advance(STREAM, NOW + EVIDENCE + SECOND)
    world.clock.at += timedelta(minutes=5)

    copy = world.dispatched("m-1") if is_dispatched else world.record(message)
    assert world.send_records([copy]).decisions == {"sqs-0": Sent("ses-1")}
    row = world.row("m-1")
    assert (row.status, row.reason, row.attempt, row.ses_ids) == (Status.SENT, "", 2, {"2": "ses-1"})
    assert (row.due, row.evidence_after, row.failures) == (None, None, 1)
    assert row.notes[-1].startswith("attempt 1 was not sent: all that SES reported")
    assert world.mailer.mails[0].tags[ATTEMPT_TAG] == "2"


def test_an_event_proves_that_it_was_sent(world: World, message: dict[str, Any]) -> None:
    lose_answers(world)
    world.send(message)
    copy = world.dispatched("m-1")
    send_event(world)
    world.watermarks.advance(STREAM, NOW + EVIDENCE + SECOND)
    world.clock.at += timedelta(minutes=5)
    world.mailer.on_send = None

    assert world.send_records([copy]).decisions == {"sqs-0": Duplicate()}
    assert world.row("m-1").status is Status.SENT
    assert len(world.mailer.mails) == 1
    assert "m-1" not in world.bodies


def test_evidence_that_comes_between_the_look_and_the_claim_wins(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answers(world)
    world.send(message)
    world.mailer.on_send = None
    world.clock.at += timedelta(minutes=5)
    copy = world.dispatched("m-1")

    def apply_then_read(_: str) -> datetime:
        send_event(world)  # feedback writes the rows first, and then the watermark
        return world.clock.now()

    monkeypatch.setattr(world.watermarks, "read", apply_then_read)
    decision = world.send_records([copy]).decisions["sqs-0"]

    assert isinstance(decision, Later)
    assert decision.why is Why.RACE
    assert len(world.mailer.mails) == 1
    assert world.row("m-1").status is Status.SENT


def test_the_watermark_is_asked_for_only_where_a_row_needs_it(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = world.watermarks.read

    def note(stream: str) -> datetime | None:
        asked.append(stream)
        return read(stream)

    monkeypatch.setattr(world.watermarks, "read", note)
    world.send(message, make_message("m-2"), make_message("m-3"))
    world.send(message)
    assert asked == []


def test_a_crashed_owner_s_claim_waits_longer_since_a_frozen_one_may_thaw(
    world: World, message: dict[str, Any]
) -> None:
    crash(world, message)
    report = world.send(message, receives=2)

    after = NOW + LEASE + AFTER_CRASH
    assert report.decisions == {"sqs-0": Waits(Reason.UNKNOWN_OUTCOME, after, is_new=True)}
    row = world.row("m-1")
    assert (row.evidence_after, row.owner, row.failures, row.generation) == (after, "owner-1", 1, 1)
    assert "m-1" in world.pointers
    world.watermarks.advance(STREAM, after)
    world.clock.at = after + SECOND
    world.send_records([world.dispatched("m-1")])
    assert world.mailer.mails == []

    world.watermarks.advance(STREAM, after + SECOND)
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Sent("ses-1")}
    assert world.row("m-1").attempt == 2


def test_a_crash_that_the_watermark_has_passed_long_since_is_sent_again_at_once(
    world: World, message: dict[str, Any]
) -> None:
    crash(world, message)
    world.clock.at += timedelta(hours=1)
    world.watermarks.advance(STREAM, NOW + LEASE + AFTER_CRASH + SECOND)

    assert world.send(message, receives=2).decisions == {"sqs-0": Sent("ses-1")}
    row = world.row("m-1")
    assert (row.attempt, row.failures, row.generation) == (2, 1, 0)
    assert len(world.pointers) == 0


@pytest.mark.parametrize("method", ["bodies.put", "ledger.replace", "pointers.put"])
@pytest.mark.parametrize("is_effected", [True, False])
def test_a_crash_while_it_begins_to_wait_is_finished_by_the_next_copy(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch, method: str, *, is_effected: bool
) -> None:
    lose_answers(world, sent=False)
    port, name = method.split(".")
    inner = getattr(getattr(world, port), name)

    def die(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401  whatever the port takes
        if is_effected:
            inner(*args, **kwargs)
        raise DiedError

    with monkeypatch.context() as broken:
        broken.setattr(getattr(world, port), name, die)
        with pytest.raises(DiedError):
            world.send(message)
    world.mailer.on_send = None
    world.clock.at += LEASE + SECOND

    assert isinstance(world.send(message, receives=2).decisions["sqs-0"], Waits)
    assert "m-1" in world.bodies
    assert "m-1" in world.pointers
    world.clock.at += timedelta(hours=1)
    world.watermarks.advance(STREAM, world.clock.now())
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Sent("ses-1")}


def test_a_crash_while_it_is_scheduled_again_is_finished_by_the_same_copy(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answers(world, sent=False)
    world.send(message)
    copy = world.dispatched("m-1")
    world.pointers.remove(world.pointers.of("m-1"))

    def die(_: object) -> None:
        raise DiedError

    with monkeypatch.context() as broken:
        broken.setattr(world.pointers, "put", die)
        with pytest.raises(DiedError):
            world.send_records([copy])
    assert world.row("m-1").generation == 2
    assert len(world.pointers) == 0

    world.send_records([copy])
    assert [pointer.generation for pointer in world.pointers.of("m-1")] == [2]


def test_what_was_tried_too_often_in_vain_is_held(world: World, message: dict[str, Any]) -> None:
    lose_answers(world, sent=False)
    copy = world.record(message)
    for _ in range(world.settings.attempts_max):
        world.breaker.close()
        report = world.send_records([copy])
        world.clock.at += timedelta(minutes=10)
        world.watermarks.advance(STREAM, world.clock.now())
        copy = world.dispatched("m-1")

    assert report.decisions == {"sqs-0": Settled(Status.HELD, "attempts_exhausted")}
    row = world.row("m-1")
    assert (row.status, row.failures, row.attempt) == (Status.HELD, 5, 5)
    assert (row.due, row.evidence_after) == (None, None)
    assert row.owner == "owner-5", "evidence that comes later belongs to that attempt"
    assert "m-1" in world.bodies
    assert world.counts.of(Metric.HELD, STREAM) == 1
    assert world.send_records([copy]).decisions == {"sqs-0": Duplicate()}
    assert "m-1" in world.bodies
    send_event(world, attempt=5)
    assert world.row("m-1").status is Status.SENT


def test_a_message_that_kills_the_process_each_time_is_held_at_last(
    world: World, message: dict[str, Any]
) -> None:
    for _ in range(world.settings.attempts_max):
        crash(world, message)
        world.clock.at += timedelta(hours=1)
        world.watermarks.advance(STREAM, world.clock.now())

    report = world.send(message, receives=6)
    assert report.decisions == {"sqs-0": Settled(Status.HELD, "attempts_exhausted")}
    assert world.row("m-1").attempt == world.settings.attempts_max
    assert "m-1" in world.bodies


def test_throttles_never_count_as_failures(world: World, message: dict[str, Any]) -> None:
    def throttle(_: Mail) -> None:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = throttle
    for receives in range(1, 30):
        assert world.send(message, receives=receives).failures == ["sqs-0"]
    assert world.row("m-1").failures == 0


def test_evidence_decides_before_a_message_expires(world: World) -> None:
    message = make_message("m-1", expires_at="2026-11-22T14:30:00Z")
    lose_answers(world)
    world.send(message)
    world.clock.at += timedelta(hours=1)

    assert isinstance(world.send_records([world.dispatched("m-1")]).decisions["sqs-0"], Waits)
    world.watermarks.advance(STREAM, world.clock.now())
    report = world.send_records([world.dispatched("m-1")])
    assert report.decisions == {"sqs-0": Settled(Status.EXPIRED, "expired")}
    assert "m-1" not in world.bodies


def test_evidence_decides_before_a_message_is_suppressed(world: World, message: dict[str, Any]) -> None:
    lose_answers(world)
    world.send(message)
    world.suppress("m-1@example.com")
    world.clock.at += timedelta(hours=1)

    assert isinstance(world.send_records([world.dispatched("m-1")]).decisions["sqs-0"], Waits)
    send_event(world)
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Duplicate()}
    assert world.row("m-1").status is Status.SENT


def test_a_stream_that_was_set_to_hold_holds_what_waited(world: World, message: dict[str, Any]) -> None:
    lose_answers(world)
    world.send(message)
    world.settings = replace(world.settings, unknown_outcome="hold")
    world.clock.at += timedelta(hours=1)
    world.watermarks.advance(STREAM, world.clock.now())

    report = world.send_records([world.dispatched("m-1")])
    assert report.decisions == {"sqs-0": Settled(Status.HELD, "unknown_outcome")}
    assert "m-1" in world.bodies
    assert len(world.mailer.mails) == 1
