"""Mail of journeys that has to wait, for a free slot or by accident: it leaves within its hours, or ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.contacts.errors import ContactsUnavailableError
from postroad.contacts.memory import MemoryContacts
from postroad.contacts.model import ConsentStatus, Contact, NewConsent, NewContact
from postroad.contract.times import MAX_AGE
from postroad.contract.words import Reason, Status
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.sending.decisions import Duplicate, Later, Sent, Settled, Waits, Why
from postroad.sending.guarding import LOOKED_AT
from postroad.sending.memory import MemoryHours
from tests.sending_world import NOW, SETTINGS, World, make_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.sending.settings import SendSettings

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MARKETING = replace(SETTINGS, stream="marketing", kind="marketing", caps={"marketing.per_day": 1})
ANA = "ana.ruiz@example.com"
KEY = World.key(ANA)
WALK = Enrolment(
    address_key=KEY,
    journey="cart",
    version=1,
    key="",
    entry=1,
    began=NOW - DAY,
    step="next",
    since=NOW,
    due=NOW + 30 * DAY,
)
JOURNEY = {"name": "cart", "version": 1, "enrolment": WALK.enrolment_id, "step": "first"}
OPENS = NOW + DAY + 18 * HOUR
NIGHT = (NOW + DAY - HOUR, OPENS)
"""Around the moment at which the next slot of what is sent now is free."""


def world_of(
    *shut: tuple[datetime, datetime], walk: Enrolment = WALK, settings: SendSettings = MARKETING
) -> World:
    world = World(settings=settings, hours=MemoryHours(*shut))
    world.walks.write(None, walk, now=NOW)
    given = NewConsent("offers", ConsentStatus.GRANTED, NOW - DAY, source="page")
    world.contacts.save([NewContact(KEY, ANA, "page", consents=(given,))], now=NOW)
    return world


def mail(message_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    made: dict[str, Any] = {
        "stream": "marketing",
        "to": {"email": ANA},
        "topic": "offers",
        "created_at": NOW.isoformat(),
        "journey": JOURNEY,
    }
    return make_message(message_id, **made | changes)


class Unasked(MemoryContacts):
    """Fails whoever asks for a contact."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        raise AssertionError(f"asked of {address_keys}")


class Away(MemoryContacts):
    """Can't be asked."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        raise ContactsUnavailableError(f"not of {address_keys}")


def test_a_slot_that_is_free_out_of_hours_is_left_to_the_first_hour_after_it() -> None:
    world = world_of(NIGHT)
    report = world.send(mail("m-1"), mail("m-2"))
    assert report.decisions["sqs-1"] == Waits(Reason.FREQUENCY_CAP, OPENS, is_new=True)
    row = world.row("m-2")
    assert (row.status, row.reason, row.due) == (Status.SCHEDULED, Reason.FREQUENCY_CAP, OPENS)
    assert [contact and contact.email for contact in world.hours.asked_of] == [ANA]

    world.clock.at = OPENS
    assert isinstance(world.send_records([world.dispatched("m-2")]).decisions["sqs-0"], Sent)


def test_a_slot_that_is_free_within_the_hours_is_taken() -> None:
    world = world_of((NOW + DAY + HOUR, NOW + 2 * DAY))
    report = world.send(mail("m-1"), mail("m-2"))
    assert report.decisions["sqs-1"] == Waits(Reason.FREQUENCY_CAP, NOW + DAY, is_new=True)


@pytest.mark.parametrize(
    "changes", [{"journey": None}, {"journey": JOURNEY | {"if_capped": "drop"}}], ids=["none", "drop"]
)
def test_nobody_is_asked_for_mail_of_no_journey_or_that_does_not_wait(changes: dict[str, Any]) -> None:
    world = world_of(NIGHT)
    world.contacts = Unasked()
    world.send(mail("m-1", **changes), mail("m-2", **changes))
    assert world.hours.asked_of == []
    assert world.errors == []


def test_nobody_is_asked_where_all_hours_are_allowed() -> None:
    world = world_of()
    world.contacts = Unasked()
    report = world.send(mail("m-1"), mail("m-2"))
    assert report.decisions["sqs-1"] == Waits(Reason.FREQUENCY_CAP, NOW + DAY, is_new=True)
    assert world.hours.asked_of == []


def test_what_would_be_within_its_hours_too_late_ends_capped() -> None:
    world = world_of(NIGHT)
    report = world.send(mail("m-1"), mail("m-2", expires_at=OPENS.isoformat()))
    assert report.decisions["sqs-1"] == Settled(Status.CAPPED, Reason.FREQUENCY_CAP)
    assert world.row("m-2").notes == (
        "a slot was free at 2026-11-23 14:00 UTC, and the next hour of its journey after its time",
    )
    later = world_of(NIGHT)
    in_time = (OPENS + timedelta(seconds=1)).isoformat()
    report = later.send(mail("m-1"), mail("m-2", expires_at=in_time))
    assert report.decisions["sqs-1"] == Waits(Reason.FREQUENCY_CAP, OPENS, is_new=True)


def test_without_a_deadline_it_waits_no_longer_than_any_message() -> None:
    world = world_of((NOW + DAY, NOW + MAX_AGE))
    report = world.send(mail("m-1"), mail("m-2"))
    assert report.decisions["sqs-1"] == Settled(Status.CAPPED, Reason.FREQUENCY_CAP)


def test_an_hour_that_is_near_is_waited_for_on_the_queue() -> None:
    near = NOW + DAY + 30 * timedelta(seconds=1)
    world = world_of((NOW + DAY, near))
    world.send(mail("m-1"))
    world.clock.at = NOW + DAY - timedelta(seconds=30)
    fresh = mail("m-2", created_at=world.clock.at.isoformat())
    assert world.send(fresh).decisions == {"sqs-0": Later(near, Why.CAPPED)}


def test_where_the_contact_can_not_be_read_it_comes_again_and_others_go_on() -> None:
    world = world_of(NIGHT)
    world.contacts = Away()
    report = world.send(mail("m-1"), mail("m-2"), make_message("m-3", stream="marketing", topic="offers"))
    waits = report.decisions["sqs-1"]
    assert isinstance(waits, Later)
    assert waits.why is Why.STORE_UNAVAILABLE
    assert isinstance(report.decisions["sqs-2"], Sent)


def waited(world: World, now: datetime, **changes: Any) -> World:  # noqa: ANN401  any part of a message
    """Let a mail that was made at NOW come to its turn only now."""
    world.clock.at = now
    report = world.send(mail("m-1", **changes))
    assert len(report.decisions) == 1
    return world


def test_a_mail_that_waited_past_its_hours_waits_for_the_next() -> None:
    world = waited(world_of(NIGHT), NIGHT[0] + HOUR)
    row = world.row("m-1")
    assert (row.status, row.reason, row.due) == (Status.SCHEDULED, Reason.OUT_OF_HOURS, OPENS)
    assert world.mailer.mails == []
    assert world.rate.asked == []
    world.clock.at = OPENS + 2 * MINUTE
    assert isinstance(world.send_records([world.dispatched("m-1")]).decisions["sqs-0"], Sent)


def test_a_mail_that_waited_and_comes_within_its_hours_leaves() -> None:
    world = waited(world_of(NIGHT), NIGHT[0] - HOUR)
    assert world.row("m-1").status is Status.SENT


def test_transactional_mail_of_a_journey_keeps_to_its_hours_too() -> None:
    world = world_of(NIGHT, settings=SETTINGS)
    world.clock.at = NIGHT[0] + HOUR
    world.send(mail("m-1", stream="transactional"))
    assert (world.row("m-1").reason, world.row("m-1").due) == (Reason.OUT_OF_HOURS, OPENS)


def test_a_mail_on_its_way_as_its_hours_ended_still_leaves() -> None:
    """Else one that is due at the last minute of its hours would be put off each day."""
    assert waited(world_of(NIGHT), NIGHT[0] + LOOKED_AT - MINUTE).row("m-1").status is Status.SENT
    late = waited(world_of(NIGHT), NIGHT[0] + LOOKED_AT + MINUTE)
    assert late.row("m-1").status is Status.SCHEDULED


def test_a_mail_that_did_not_wait_is_not_asked_for_its_hour() -> None:
    world = world_of((NOW - HOUR, NOW + HOUR))
    assert isinstance(world.send(mail("m-1")).decisions["sqs-0"], Sent)
    assert world.hours.asked_of == []


def test_a_mail_whose_next_hour_is_after_its_time_expires() -> None:
    world = waited(world_of(NIGHT), NIGHT[0] + HOUR, expires_at=(OPENS - MINUTE).isoformat())
    row = world.row("m-1")
    assert (row.status, row.reason) == (Status.EXPIRED, Reason.EXPIRED)
    assert row.notes == ("the next of its journey's hours would have come after its time",)


def test_a_mail_that_is_wanted_no_more_ends_whatever_the_hour() -> None:
    over = replace(WALK, step="", due=None, ended=Ended.GOAL, ended_at=NOW)
    world = waited(world_of(NIGHT, walk=over), NIGHT[0] + HOUR)
    assert world.row("m-1").reason == Reason.JOURNEY_OVER


def test_copies_of_a_mail_that_waits_for_its_hour_move_nothing() -> None:
    world = waited(world_of(NIGHT), NIGHT[0] + HOUR)
    before = world.row("m-1")
    again = world.send(mail("m-1")).decisions["sqs-0"]
    assert again == Waits(Reason.OUT_OF_HOURS, OPENS, is_new=False)
    assert world.row("m-1") == before
    world.clock.at = OPENS
    world.send_records([world.dispatched("m-1")])
    world.clock.at = OPENS + 10 * DAY
    world.hours = MemoryHours((OPENS + DAY, OPENS + 20 * DAY))
    assert world.send(mail("m-1", expires_at=None)).decisions["sqs-0"] == Duplicate()
    assert world.row("m-1").status is Status.SENT


def test_a_mail_that_waits_for_its_hour_leaves_its_slot_to_others() -> None:
    world = world_of(NIGHT)
    world.rate.room = 0
    world.clock.at = NIGHT[0] - MINUTE
    world.send(mail("m-1"))
    (counted,) = [tally.counted for tally in world.tallies.standing.values()]
    assert [each.message_id for each in counted] == ["m-1"]
    world.rate.room = None
    waited(world, NIGHT[0] + HOUR)
    (counted,) = [tally.counted for tally in world.tallies.standing.values()]
    assert counted == ()
