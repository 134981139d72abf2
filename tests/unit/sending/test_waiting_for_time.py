"""What is due later waits: near on its queue, far in the schedule, and leaves once and in time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.observability import Metric
from postroad.schedule.pointer import Priority
from postroad.sending.decisions import Duplicate, Later, Refused, Sent, Settled, Waits, Why
from postroad.sending.errors import SesBusyError
from postroad.sending.mail import Mail
from tests.crash_world import DiedError
from tests.sending_world import World, make_message

HOUR = timedelta(hours=1)


def due_in(world: World, wait: timedelta, message_id: str = "m-1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    return make_message(message_id, send_at=(world.clock.now() + wait).isoformat(), **changes)


def test_what_is_due_soon_is_hidden_until_then_and_has_no_row(world: World) -> None:
    report = world.send(due_in(world, timedelta(seconds=100)))

    assert report.decisions == {"sqs-0": Later(world.clock.now() + timedelta(seconds=100), Why.NOT_DUE)}
    assert world.postponement.until["sqs-0"] == world.clock.now() + timedelta(seconds=100)
    assert len(world.ledger) == 0


def test_what_is_due_later_waits_with_its_body_and_a_pointer(world: World) -> None:
    due = world.clock.now() + HOUR
    report = world.send(due_in(world, HOUR))

    assert report.decisions == {"sqs-0": Waits(Reason.SEND_AT, due, is_new=True)}
    assert report.failures == []
    assert world.mailer.mails == []
    row = world.row("m-1")
    assert (row.status, row.reason, row.due, row.generation) == (Status.SCHEDULED, "send_at", due, 1)
    assert row.expires_at is None
    (pointer,) = world.pointers.of("m-1")
    assert (pointer.due, pointer.minute, pointer.generation) == (due, due, 1)
    assert (pointer.stream, pointer.fingerprint) == ("transactional", row.fingerprint)
    assert pointer.priority is Priority.USUAL
    assert "m-1" in world.bodies
    assert world.counts.of(Metric.SCHEDULED, "transactional") == 1


def test_the_schedule_never_brings_a_message_late(world: World) -> None:
    """Its pointer lies two minutes ahead of the writer at least; what is due before waits on its queue."""
    for seconds in range(60, 300, 7):
        world.clock.at += timedelta(seconds=13)
        message_id = f"m-{seconds}"
        world.send(due_in(world, timedelta(seconds=seconds), message_id))
        for pointer in world.pointers.of(message_id):
            assert pointer.minute <= pointer.due
            assert pointer.minute - world.clock.now() >= timedelta(
                seconds=world.settings.schedule_lead_seconds
            )
        assert (message_id in world.pointers) == (message_id in world.ledger)
    assert len(world.pointers) > 10
    assert len(world.ledger) < 30


def test_the_copy_that_its_pointer_brings_is_sent_when_it_is_due(world: World) -> None:
    world.send(due_in(world, HOUR))
    world.clock.at += HOUR
    report = world.send_records([world.dispatched("m-1")])

    assert report.decisions == {"sqs-0": Sent("ses-1")}
    row = world.row("m-1")
    assert (row.status, row.reason, row.attempt, row.due, row.generation) == (Status.SENT, "", 1, None, 1)
    assert {"accepted", "scheduled", "claimed", "sent"} <= row.times.keys()
    assert "m-1" not in world.bodies


def test_the_same_copy_again_is_dropped_and_takes_a_body_that_was_left_along(world: World) -> None:
    world.send(due_in(world, HOUR))
    world.clock.at += HOUR
    copy = world.dispatched("m-1")
    world.send_records([copy])
    row = world.row("m-1")
    world.bodies.put("m-1", row.fingerprint, copy.body, first_sent=world.clock.now(), until=world.clock.now())

    assert world.send_records([copy]).decisions == {"sqs-0": Duplicate()}
    assert "m-1" not in world.bodies
    assert len(world.mailer.mails) == 1


def test_the_producer_s_second_copy_does_not_bring_it_forward(world: World) -> None:
    message = due_in(world, HOUR)
    world.send(message)
    due = world.clock.now() + HOUR
    report = world.send(message)
    assert report.decisions == {"sqs-0": Waits(Reason.SEND_AT, due, is_new=False)}

    world.clock.at += 2 * HOUR
    report = world.send(message)
    assert report.decisions == {"sqs-0": Waits(Reason.SEND_AT, due, is_new=False)}
    assert world.mailer.mails == []
    assert world.counts.of(Metric.SCHEDULED, "transactional") == 1


@pytest.mark.parametrize("method", ["bodies.put", "ledger.insert", "pointers.put"])
def test_a_crash_while_it_is_scheduled_is_finished_by_the_next_copy(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    port, name = method.split(".")
    inner = getattr(getattr(world, port), name)

    def die(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401  whatever the port takes
        inner(*args, **kwargs)
        raise DiedError

    message = due_in(world, HOUR)
    with monkeypatch.context() as broken:
        broken.setattr(getattr(world, port), name, die)
        with pytest.raises(DiedError):
            world.send(message)

    assert world.send(message, receives=2).failures == []
    assert "m-1" in world.pointers
    assert "m-1" in world.bodies
    world.clock.at += HOUR
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Sent("ses-1")}


def test_another_body_under_its_id_is_refused_and_leaves_no_body(world: World) -> None:
    world.send(due_in(world, HOUR))
    report = world.send(due_in(world, 2 * HOUR))

    assert report.decisions == {"sqs-0": Refused(Reason.CONFLICT)}
    assert len(world.bodies.of("m-1")) == 1
    assert len(world.pointers.of("m-1")) == 1


def test_what_can_never_be_sent_is_refused_today(world: World) -> None:
    report = world.send(due_in(world, HOUR, data={}))

    assert report.decisions == {"sqs-0": Refused(Reason.TEMPLATE_DATA)}
    assert "m-1" not in world.bodies
    assert "m-1" not in world.pointers


def test_a_cancel_wins_over_a_copy_already_popped(world: World) -> None:
    world.send(due_in(world, HOUR))
    world.clock.at += HOUR
    copy = world.dispatched("m-1")
    world.ledger.apply("m-1", cancelled)

    assert world.send_records([copy]).decisions == {"sqs-0": Duplicate()}
    assert world.mailer.mails == []
    assert world.row("m-1").status is Status.CANCELLED
    assert "m-1" not in world.bodies


def cancelled(row: Row) -> Row:
    return replace(row, status=Status.CANCELLED, reason=Reason.CANCELLED_BY_OPERATOR.value, due=None)


def test_a_cancel_between_the_look_and_the_claim_wins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.send(due_in(world, HOUR))
    world.clock.at += HOUR
    copy = world.dispatched("m-1")
    replace_row = world.ledger.replace

    def cancel_first(row: Row, *, expected: int) -> bool:
        monkeypatch.setattr(world.ledger, "replace", replace_row)
        world.ledger.apply("m-1", cancelled)
        return replace_row(row, expected=expected)

    monkeypatch.setattr(world.ledger, "replace", cancel_first)
    decision = world.send_records([copy]).decisions["sqs-0"]
    assert isinstance(decision, Later)
    assert decision.why is Why.RACE
    assert world.send_records([copy]).decisions == {"sqs-0": Duplicate()}
    assert world.mailer.mails == []


def test_a_copy_that_dispatch_brought_too_late_expires(world: World) -> None:
    expires = (world.clock.now() + 2 * HOUR).isoformat()
    world.send(due_in(world, HOUR, expires_at=expires))
    world.clock.at += 2 * HOUR
    report = world.send_records([world.dispatched("m-1")])

    assert report.decisions == {"sqs-0": Settled(Status.EXPIRED, "expired")}
    assert world.row("m-1").status is Status.EXPIRED
    assert world.mailer.mails == []
    assert "m-1" not in world.bodies


def test_a_copy_that_came_too_early_waits_on(world: World) -> None:
    world.send(due_in(world, HOUR))
    due = world.clock.now() + HOUR
    early = world.dispatched("m-1")
    (first,) = world.pointers.of("m-1")

    assert world.send_records([early]).decisions == {"sqs-0": Waits(Reason.SEND_AT, due, is_new=False)}
    world.pointers.remove([first])  # by dispatch, which had just put the copy on the queue
    copy = world.dispatched("m-1")
    world.clock.at = due - timedelta(seconds=30)
    assert world.send_records([copy]).decisions == {"sqs-0": Later(due, Why.NOT_DUE)}
    world.clock.at = due
    assert world.send_records([copy]).decisions == {"sqs-0": Sent("ses-1")}


def test_a_scheduled_message_that_ses_throttles_comes_back_on_its_queue(world: World) -> None:
    world.send(due_in(world, HOUR))
    world.clock.at += HOUR
    copy = world.dispatched("m-1")

    def throttle(_: Mail) -> None:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = throttle
    assert world.send_records([copy]).failures == ["sqs-0"]
    row = world.row("m-1")
    assert (row.status, row.owner, row.generation, row.due) == (Status.CLAIMED, "", 1, None)
    assert "m-1" in world.bodies
    world.mailer.on_send = None
    assert world.send_records([copy]).decisions == {"sqs-0": Sent("ses-1")}
    assert "m-1" not in world.bodies


def test_a_suppression_that_came_while_it_waited_counts(world: World) -> None:
    world.send(due_in(world, HOUR))
    world.suppress("m-1@example.com")
    world.clock.at += HOUR
    report = world.send_records([world.dispatched("m-1")])

    assert report.decisions == {"sqs-0": Settled(Status.SUPPRESSED, "hard_bounce")}
    assert world.mailer.mails == []
    assert "m-1" not in world.bodies


def test_a_refused_message_that_is_mended_may_wait(world: World) -> None:
    world.send(due_in(world, HOUR, data={}))
    report = world.send(due_in(world, HOUR))

    assert isinstance(report.decisions["sqs-0"], Waits)
    assert world.row("m-1").status is Status.SCHEDULED
    assert world.row("m-1").generation == 1


def test_a_restored_row_that_is_older_than_its_pointer_is_pointed_to_again(world: World) -> None:
    """A table from a backup may be behind the schedule: what waits there is not lost."""
    world.send(due_in(world, HOUR))
    copy = world.record(due_in(world, HOUR), generation=7)
    world.pointers.remove(world.pointers.of("m-1"))

    assert isinstance(world.send_records([copy]).decisions["sqs-0"], Waits)
    assert "m-1" in world.pointers
