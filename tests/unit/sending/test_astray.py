"""A copy that went astray to another stream's queue: it is refused there, and harms nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.words import Reason, Status
from postroad.errors import UnknownOutcomeError
from postroad.sending.decisions import Refused, Sent, Why
from postroad.sending.errors import SesBusyError
from postroad.sending.mail import Mail
from tests.sending_world import NOW, SETTINGS, World, make_message

HOUR = timedelta(hours=1)
ASTRAY = Refused(Reason.UNKNOWN_STREAM)


@pytest.fixture
def other(world: World) -> World:
    """Return the `send` of another stream, over the same tables."""
    return World(
        settings=replace(SETTINGS, stream="marketing"),
        clock=world.clock,
        ledger=world.ledger,
        bodies=world.bodies,
        pointers=world.pointers,
        watermarks=world.watermarks,
    )


def refuse_astray(other: World, message: dict[str, Any]) -> None:
    """Let the other stream be handed a copy, and as often as it takes to forget what was kept."""
    for receives in (1, 2):
        assert other.send(message, receives=receives).decisions == {"sqs-0": ASTRAY}
    assert len(other.dead_letters.copies) == 2


def test_what_is_scheduled_keeps_its_row_its_body_and_its_one_pointer(world: World, other: World) -> None:
    message = make_message("m-1", send_at=(NOW + HOUR).isoformat())
    world.send(message)
    row = world.row("m-1")

    refuse_astray(other, message)

    assert replace(world.row("m-1"), notes=(), version=row.version) == row
    assert world.row("m-1").notes == ("another body under this id was refused (unknown_stream): see !sqs-0",)
    assert [pointer.stream for pointer in world.pointers.of("m-1")] == ["transactional"]
    world.clock.at += HOUR
    assert world.send_records([world.dispatched("m-1")]).decisions == {"sqs-0": Sent("ses-1")}


def test_the_other_stream_s_watermark_proves_nothing(world: World, other: World) -> None:
    def lose(_: Mail) -> None:
        raise UnknownOutcomeError("no answer from SES (ReadTimeoutError)")

    world.mailer.on_send = lose
    message = make_message("m-1")
    world.send(message)
    other.watermarks.advance("marketing", NOW + HOUR)

    refuse_astray(other, message)

    row = world.row("m-1")
    assert (row.status, row.reason, row.attempt) == (Status.CLAIMED, "unknown_outcome", 1)
    assert world.dispatched("m-1").generation == row.generation


def test_what_is_to_be_tried_again_stays_open(world: World, other: World) -> None:
    def throttle(_: Mail) -> None:
        raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")

    world.mailer.on_send = throttle
    message = make_message("m-1")
    world.send(message)

    refuse_astray(other, message)

    world.mailer.on_send = None
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}
    assert world.row("m-1").attempt == 2


def test_a_message_whose_stray_copy_came_first_is_sent(world: World, other: World) -> None:
    message = make_message("m-1")

    refuse_astray(other, message)

    assert world.row("m-1").status is Status.INVALID
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}
