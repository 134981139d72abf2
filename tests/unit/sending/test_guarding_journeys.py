"""Mail of journeys that waited: it leaves only where its walk and its recipient's consent still stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.contract.words import Reason, Status
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.memory import MemoryWalks
from postroad.observability import Metric
from postroad.sending.decisions import Decision, Later, Sent, Settled, Why
from postroad.sending.guarding import LOOKED_AT
from tests.sending_world import NOW, SETTINGS, World, make_message

if TYPE_CHECKING:
    from postroad.sending.settings import SendSettings

MARKETING = replace(SETTINGS, stream="marketing", kind="marketing")
ANA = "ana.ruiz@example.com"
KEY = World.key(ANA)
WALK = Enrolment(
    address_key=KEY,
    journey="cart",
    version=1,
    key="c-1",
    entry=1,
    began=NOW - timedelta(days=1),
    step="second",
    since=NOW,
    due=NOW + timedelta(days=1),
)
OVER = replace(WALK, step="", due=None, ended_at=NOW)
OLD = (NOW - LOOKED_AT - timedelta(seconds=1)).isoformat()


def world_of(
    walk: Enrolment | None = WALK,
    consent: ConsentStatus | None = ConsentStatus.GRANTED,
    settings: SendSettings = MARKETING,
) -> World:
    world = World(settings=settings)
    if walk is not None:
        world.walks.write(None, walk, now=NOW)
    if consent is not None:
        given = NewConsent("offers", consent, NOW - timedelta(days=2), source="page")
        world.contacts.save([NewContact(KEY, ANA, "page", consents=(given,))], now=NOW)
    return world


def mail(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    made: dict[str, Any] = {
        "stream": "marketing",
        "to": {"email": ANA},
        "topic": "offers",
        "created_at": OLD,
        "journey": {"name": "cart", "version": 1, "enrolment": WALK.enrolment_id, "step": "first"},
    }
    return make_message("m-1", **made | changes)


def decided(world: World, **changes: Any) -> Decision:  # noqa: ANN401  any part of a message
    return world.send(mail(**changes)).decisions["sqs-0"]


class Unasked(MemoryWalks):
    """Fails whoever asks for a walk."""

    def known(self, address_key: str) -> list[Enrolment]:
        raise AssertionError(f"asked of {address_key}")


class Unavailable(MemoryWalks):
    """Can't be asked."""

    def known(self, address_key: str) -> list[Enrolment]:
        raise WalksUnavailableError(f"not of {address_key}")


@pytest.mark.parametrize("age", [timedelta(0), LOOKED_AT, -timedelta(hours=1)])
def test_what_did_not_wait_is_not_looked_at(age: timedelta) -> None:
    world = world_of(None, None)
    world.walks = Unasked()
    assert isinstance(decided(world, created_at=(NOW - age).isoformat()), Sent)


def test_mail_of_no_journey_is_not_looked_at() -> None:
    world = world_of(None, None)
    world.walks = Unasked()
    assert isinstance(decided(world, journey=None), Sent)


@pytest.mark.parametrize(
    "walk",
    [
        WALK,
        replace(OVER, ended=Ended.FINISHED),
        replace(OVER, ended=Ended.EXIT, reason="they have what they need"),
    ],
)
def test_what_is_still_wanted_leaves(walk: Enrolment) -> None:
    assert isinstance(decided(world_of(walk)), Sent)


@pytest.mark.parametrize(
    "walk",
    [
        None,
        replace(OVER, ended=Ended.GOAL),
        replace(OVER, ended=Ended.EXIT),
        replace(OVER, ended=Ended.LEFT, reason="suppressed: complaint"),
        replace(OVER, ended=Ended.REMOVED, reason="asked for"),
        replace(OVER, ended=Ended.FAULT, reason="a condition failed"),
        replace(WALK, entry=2),
        replace(WALK, key="c-2"),
        replace(WALK, journey="cart_other"),
    ],
)
def test_a_walk_that_was_cut_short_ends_its_mail(walk: Enrolment | None) -> None:
    world = world_of(walk)
    assert decided(world) == Settled(Status.CANCELLED, Reason.JOURNEY_OVER)
    row = world.row("m-1")
    assert (row.status, row.reason, row.notes) == (
        Status.CANCELLED,
        Reason.JOURNEY_OVER,
        ("its walk had ended when its turn came",),
    )
    assert world.counts.of(Metric.CANCELLED, "marketing") == 1
    assert world.mailer.mails == []
    assert world.rate.asked == []


def test_another_walk_of_the_contact_ends_nothing() -> None:
    world = world_of()
    world.walks.write(None, replace(OVER, key="c-2", ended=Ended.GOAL), now=NOW)
    assert isinstance(decided(world), Sent)


def test_consent_that_ended_meanwhile_ends_the_mail() -> None:
    world = world_of(consent=ConsentStatus.WITHDRAWN)
    assert decided(world) == Settled(Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED)
    assert world.row("m-1").notes == ("consent to offers had ended when its turn came",)


def test_without_consent_the_mail_ends() -> None:
    world = world_of(consent=None)
    assert decided(world) == Settled(Status.CANCELLED, Reason.JOURNEY_OVER)


def test_transactional_mail_of_a_journey_asks_for_no_consent() -> None:
    world = world_of(consent=None, settings=SETTINGS)
    assert isinstance(decided(world, stream="transactional"), Sent)
    ended = world_of(replace(OVER, ended=Ended.GOAL), None, SETTINGS)
    assert decided(ended, stream="transactional") == Settled(Status.CANCELLED, Reason.JOURNEY_OVER)


def test_what_can_not_be_looked_at_comes_again_and_others_go_on() -> None:
    world = world_of()
    world.walks = Unavailable()
    report = world.send(mail(), make_message("m-2", stream="marketing"))
    first = report.decisions["sqs-0"]
    assert isinstance(first, Later)
    assert first.why is Why.STORE_UNAVAILABLE
    assert isinstance(report.decisions["sqs-1"], Sent)


def test_a_mail_that_is_wanted_no_more_gives_its_slot_back() -> None:
    world = world_of(settings=replace(MARKETING, caps={"marketing.per_day": 1}))
    world.rate.room = 0
    assert isinstance(decided(world), Later)
    world.rate.room = None
    (walk,) = world.walks.known(KEY)
    world.walks.write(walk, replace(OVER, ended=Ended.GOAL, writes=2), now=NOW)
    assert decided(world) == Settled(Status.CANCELLED, Reason.JOURNEY_OVER)
    (tally,) = world.tallies.standing.values()
    assert tally.counted == ()


def test_a_mail_that_waited_for_a_slot_is_looked_at_when_its_turn_comes() -> None:
    world = world_of(settings=replace(MARKETING, caps={"marketing.per_day": 1}))
    fresh = {"created_at": NOW.isoformat()}
    world.send(make_message("m-0", stream="marketing", to={"email": ANA}, topic="offers"))
    world.send(mail(**fresh))
    assert world.row("m-1").status is Status.SCHEDULED
    (walk,) = world.walks.known(KEY)
    world.walks.write(walk, replace(OVER, ended=Ended.GOAL, writes=2), now=NOW)
    world.clock.at = NOW + timedelta(days=1)
    world.send_records([world.dispatched("m-1")])
    row = world.row("m-1")
    assert (row.status, row.reason) == (Status.CANCELLED, Reason.JOURNEY_OVER)
    assert world.bodies.get("m-1", row.fingerprint) is None
