"""A function that was frozen thaws late: what it says then is true of its own attempt, and of no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import Reason, Status
from postroad.errors import UnknownOutcomeError
from postroad.ledger.row import Row
from postroad.sending.decisions import Duplicate, Sent, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError
from postroad.sending.mail import Mail
from tests.sending_world import NOW, World

SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=90)
STREAM = "transactional"


def another_attempt_was_sent(world: World, message: dict[str, Any]) -> None:
    """While the first owner is frozen with its request under way: its lease ends, and evidence lies."""
    world.mailer.on_send = None
    world.clock.at += timedelta(hours=1)
    world.watermarks.advance(STREAM, world.clock.now())
    world.send(message, receives=2)


def test_a_late_mark_after_another_attempt_was_sent_leaves_the_ids_of_both(
    world: World, message: dict[str, Any]
) -> None:
    world.mailer.on_send = lambda _: another_attempt_was_sent(world, message)
    report = world.send(message)

    assert report.decisions == {"sqs-0": Sent("ses-2")}
    row = world.row("m-1")
    assert row.status is Status.SENT
    assert row.ses_ids == {"1": "ses-2", "2": "ses-1"}


def thawed_into(change: Callable[[Row], Row]) -> Callable[[World, dict[str, Any]], None]:
    def happen(world: World, _: dict[str, Any]) -> None:
        world.ledger.apply("m-1", change)

    return happen


def found_abandoned(world: World, message: dict[str, Any]) -> None:
    world.mailer.on_send = None
    world.clock.at += LEASE + SECOND
    world.send(message, receives=2)


@pytest.mark.parametrize(
    "meanwhile",
    [
        found_abandoned,
        thawed_into(lambda row: replace(row, status=Status.HELD, reason="unknown_outcome")),
        thawed_into(lambda row: replace(row, owner="", lease_until=None)),
        thawed_into(lambda row: replace(row, owner="another", attempt=2)),
        thawed_into(lambda row: replace(row, status=Status.EXPIRED, owner="")),
        thawed_into(lambda row: replace(row, status=Status.CANCELLED, owner="")),
    ],
)
def test_whatever_became_of_the_row_a_late_mark_says_that_it_was_sent(
    world: World, message: dict[str, Any], meanwhile: Callable[[World, dict[str, Any]], None]
) -> None:
    world.mailer.on_send = lambda _: meanwhile(world, message)
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}

    row = world.row("m-1")
    assert (row.status, row.reason, row.owner, row.ses_ids) == (Status.SENT, "", "", {"1": "ses-1"})
    assert (row.due, row.evidence_after, row.lease_until) == (None, None, None)
    assert row.expires_at is not None


def test_a_late_release_opens_what_waits_for_evidence_and_its_pointer_brings_it(
    world: World, message: dict[str, Any]
) -> None:
    def be_throttled(_: Mail) -> None:
        found_abandoned(world, message)
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = be_throttled
    assert world.send(message).failures == ["sqs-0"]
    row = world.row("m-1")
    assert (row.status, row.owner, row.reason, row.evidence_after) == (Status.CLAIMED, "", "", None)
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Sent("ses-1")}


def test_a_late_refusal_leaves_another_attempt_alone(world: World, message: dict[str, Any]) -> None:
    def be_refused(_: Mail) -> None:
        another_attempt_was_sent(world, message)
        raise RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected")

    world.mailer.on_send = be_refused
    assert world.send(message).decisions == {"sqs-0": Duplicate()}
    assert world.row("m-1").status is Status.SENT
    assert "m-1" not in world.bodies


def test_a_function_that_was_frozen_in_its_request_gives_evidence_the_time_from_then(
    world: World, message: dict[str, Any]
) -> None:
    def freeze(_: Mail) -> None:
        world.clock.at += timedelta(minutes=3)
        raise UnknownOutcomeError("no answer from SES (ConnectionClosedError)")

    world.mailer.on_send = freeze
    world.send(message)
    after = world.row("m-1").evidence_after
    assert after is not None
    assert after > NOW + timedelta(minutes=3) + timedelta(seconds=100)
