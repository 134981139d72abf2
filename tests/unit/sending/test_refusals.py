"""A copy that can't be sent is judged by its message's row first: it may have been sent long ago."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import Reason, Status
from postroad.ledger.row import Row
from postroad.sending.decisions import Duplicate, Later, Refused, Waits, Why
from postroad.sending.errors import SesBusyError
from postroad.sending.mail import Mail
from tests.crash_world import DiedError
from tests.sending_world import World, make_message


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    """Return a message with a file, which the test takes away before the message comes again."""
    world.attachments.objects["invoices/a"] = b"file"
    file = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}
    return make_message("m-1", attachments=[file])


def send_again_without_its_file(world: World, message: dict[str, Any]) -> object:
    world.attachments.objects.clear()
    world.mailer.on_send = None
    return world.send(message).decisions["sqs-0"]


def test_a_copy_of_a_sent_message_is_a_duplicate_though_its_file_is_gone(
    world: World, message: dict[str, Any]
) -> None:
    world.send(message)

    assert send_again_without_its_file(world, message) == Duplicate()
    assert world.row("m-1").notes == ()
    assert world.dead_letters.copies == []


def test_a_message_that_was_released_and_can_no_longer_be_sent_is_invalid(
    world: World, message: dict[str, Any]
) -> None:
    def throttle(_: Mail) -> None:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = throttle
    world.send(message)

    assert send_again_without_its_file(world, message) == Refused(Reason.ATTACHMENT_MISSING)
    row = world.row("m-1")
    assert (row.status, row.reason, row.attempt) == (Status.INVALID, "attachment_missing", 1)
    assert row.notes == ("attempt 1 was not sent: throttled (TooManyRequestsException)",)
    assert row.expires_at is not None
    assert [kept.message_id for kept in world.ledger.rows()] == ["m-1"]


def test_a_claim_whose_owner_died_waits_for_evidence_though_its_copy_can_t_be_sent(
    world: World, message: dict[str, Any]
) -> None:
    def die(_: Mail) -> None:
        raise DiedError

    world.mailer.on_send = die
    with pytest.raises(DiedError):
        world.send(message)

    decision = send_again_without_its_file(world, message)
    assert isinstance(decision, Later)
    assert decision.why is Why.LIVE_LEASE
    world.clock.at += timedelta(seconds=world.settings.lease_seconds + 1)
    decision = send_again_without_its_file(world, message)
    assert isinstance(decision, Waits)
    assert decision.reason is Reason.UNKNOWN_OUTCOME
    assert "m-1" in world.bodies
    assert "m-1" in world.pointers


def test_a_refusal_that_loses_a_race_is_kept_beside_the_winner(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = message | {"data": {}}
    world.send(refused)
    world.clock.at += timedelta(seconds=1)
    insert = world.ledger.insert

    def lose(row: Row) -> Row | None:
        standing = insert(row)
        if standing is not None and row.message_id == "m-1":
            claim = replace(standing, status=Status.CLAIMED, owner="another", version=standing.version + 1)
            world.ledger.replace(claim, expected=standing.version)
        return standing

    monkeypatch.setattr(world.ledger, "insert", lose)
    world.send(refused)

    assert world.row("m-1").status is Status.CLAIMED
    assert world.row("!sqs-0").reason == "template_data"
