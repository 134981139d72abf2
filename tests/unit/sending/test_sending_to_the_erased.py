"""Mail to somebody whose data were erased: offers are stopped and leave no trace, a purchase is mailed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.contacts.memory import MemoryContacts
from postroad.contract.words import Reason, Status
from postroad.ledger.redacting import redacted
from postroad.privacy.memory import MemoryPersons
from postroad.redriving.judging import ALL_RISKS, Leave, WhyLeft, judge
from postroad.sending.memory import MemoryRate
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, Suppression
from tests.sending_world import NOW, SETTINGS, World, make_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.governor.grant import Grant

ANA = "ana.ruiz@gmail.com"
SECOND = timedelta(seconds=1)
OFFERS = replace(SETTINGS, stream="marketing", kind="marketing", retention_days_of={"suppressed": 28})


class SlowRate(MemoryRate):
    """Takes two seconds to grant."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def take(self, count: int, *, deadline: datetime) -> Grant:
        self._world.clock.at += 2 * SECOND
        return super().take(count, deadline=deadline)


class NotAsked(MemorySuppressions):
    """Fails whoever asks it."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        raise AssertionError(f"{len(address_keys)} looked up")


def erased(world: World) -> World:
    persons = MemoryPersons(world.suppressions, MemoryContacts())
    persons.mark(world.key(ANA), erasure="e1", source="operator:eve", now=NOW - SECOND)
    return world


def mail(message_id: str, stream: str = "marketing") -> dict[str, object]:
    tags = {"campaign": "spring", "customer": "Ana Ruiz"}
    return make_message(message_id, stream=stream, to={"email": ANA, "name": "Ana Ruiz"}, tags=tags)


def test_an_offer_is_stopped_and_its_row_says_nothing_of_them() -> None:
    world = erased(World(settings=OFFERS))

    world.send(mail("offer-1"), mail("offer-2"))

    for message_id in ("offer-1", "offer-2"):
        row = world.row(message_id)
        assert (row.status, row.reason, row.is_redacted) == (Status.SUPPRESSED, Reason.ERASED, True)
        assert (row.email, row.address_key, dict(row.tags)) == ("", "", {"campaign": "spring"})
        assert row.provider == "gmail"
        assert row.expires_at == NOW + timedelta(days=28)
    assert not world.mailer.mails


def test_so_it_is_where_a_complaint_hides_the_erasure() -> None:
    world = erased(World(settings=OFFERS))
    complaint = ScopeEntry(Reason.COMPLAINT, "feedback", NOW, None, "feedback 0103")
    world.suppressions.suppress(world.key(ANA), ANA, ALL_STREAMS, complaint)

    world.send(mail("offer-1"))

    row = world.row("offer-1")
    assert (row.reason, row.email) == (Reason.COMPLAINT, "")


def test_an_offer_that_comes_too_late_leaves_nothing_of_them_either() -> None:
    world = erased(World(settings=OFFERS))

    world.send(mail("offer-1") | {"expires_at": "2026-11-22T13:59:30Z"})

    row = world.row("offer-1")
    assert (row.status, row.email, row.address_key, row.provider) == (Status.EXPIRED, "", "", "gmail")


def test_an_offer_that_waited_too_long_for_the_rate_leaves_nothing_of_them_either() -> None:
    world = erased(World(settings=OFFERS))
    world.rate = SlowRate(world)

    world.send(mail("offer-1") | {"expires_at": "2026-11-22T14:00:01Z"})

    row = world.row("offer-1")
    assert (row.status, row.email, row.address_key, row.provider) == (Status.EXPIRED, "", "", "gmail")


def test_an_offer_that_is_refused_leaves_nothing_of_them_either() -> None:
    world = erased(World(settings=OFFERS))

    world.send(mail("offer-1") | {"data": {}})

    row = world.row("offer-1")
    assert (row.status, row.email, row.address_key, row.is_redacted) == (Status.INVALID, "", "", True)


def test_another_body_under_the_id_of_an_offer_leaves_nothing_of_them_either() -> None:
    world = World(settings=OFFERS)
    world.send(make_message("offer-1", stream="marketing"))
    erased(world)

    world.send(mail("offer-1"))

    row = world.row("!sqs-0")
    assert (row.reason, row.email, row.address_key) == (Reason.CONFLICT, "", "")


def test_a_purchase_that_came_to_the_wrong_queue_is_mailed_once_it_comes_to_its_own() -> None:
    world = erased(World(settings=OFFERS))
    world.send(mail("order-1", "transactional"))
    assert world.row("order-1").status is Status.INVALID

    world.settings = SETTINGS
    world.send(mail("order-1", "transactional"))

    assert world.row("order-1").status is Status.SENT


def test_nothing_is_noted_of_the_erased_over_a_row_that_stood() -> None:
    world = World(settings=OFFERS)
    world.send(mail("offer-1") | {"data": {}})
    standing = world.row("offer-1")
    noted = replace(standing.with_note("Ana Ruiz asked for it"), version=standing.version + 1)
    world.ledger.replace(noted, expected=standing.version)
    erased(world)

    world.send(mail("offer-1"))

    row = world.row("offer-1")
    assert (row.status, row.is_redacted, row.notes) == (Status.SUPPRESSED, True, ())


def test_whether_somebody_is_erased_is_not_asked_for_nothing() -> None:
    world = World(suppressions=NotAsked())

    world.send(mail("order-1", "transactional") | {"data": {}})

    assert world.row("order-1").status is Status.INVALID


def test_the_mail_of_a_purchase_is_sent_and_kept_as_any_other() -> None:
    world = erased(World())

    world.send(mail("order-1", "transactional"))

    row = world.row("order-1")
    assert (row.status, row.email, row.is_redacted) == (Status.SENT, ANA, False)


@pytest.mark.parametrize("status", [Status.INVALID, Status.FAILED, Status.HELD, Status.SENT])
def test_a_late_copy_of_an_erased_message_is_dropped(status: Status) -> None:
    world = World()
    world.send(mail("order-1", "transactional"))
    sent = world.row("order-1")
    row = redacted(replace(sent, status=status, owner=""), provider="gmail", now=NOW)
    world.ledger.replace(replace(row, version=sent.version + 1), expected=sent.version)
    mails = len(world.mailer.mails)

    report = world.send(mail("order-1", "transactional"))

    assert len(world.mailer.mails) == mails
    assert report.failures == []
    assert world.row("order-1").email == ""
    assert judge(row, fingerprint=row.fingerprint, risks=ALL_RISKS, now=NOW) == Leave(WhyLeft.ERASED)


def test_a_mended_message_begins_anew_over_an_erased_refusal() -> None:
    world = World()
    broken = mail("order-1", "transactional") | {"data": {}}
    world.send(broken)
    refused = world.row("order-1")
    assert refused.status is Status.INVALID
    row = redacted(refused, provider="gmail", now=NOW)
    world.ledger.replace(replace(row, version=refused.version + 1), expected=refused.version)

    world.send(mail("order-1", "transactional"))

    again = world.row("order-1")
    assert (again.status, again.email, again.is_redacted) == (Status.SENT, ANA, False)


def test_a_row_is_kept_for_as_long_as_its_status_says() -> None:
    kept = {"sent": 40, "invalid": 50, "expired": 60}
    world = World(settings=replace(SETTINGS, retention_days_of=kept))
    world.send(
        mail("sent-1", "transactional"),
        mail("invalid-1", "transactional") | {"data": {}},
        mail("expired-1", "transactional") | {"expires_at": "2026-11-22T13:59:30Z"},
    )

    ends = {name: world.row(f"{name}-1").expires_at for name in kept}

    assert ends == {
        "sent": NOW + timedelta(days=3 + 40),
        "invalid": NOW + timedelta(days=50),
        "expired": NOW + timedelta(days=60),
    }
