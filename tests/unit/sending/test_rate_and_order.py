"""The rate comes first, a batch is handled in changing order, and a canary stays apart from all of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from postroad.contract.tags import CANARY_TAG
from postroad.contract.words import Reason
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.governor.grant import Grant
from postroad.ledger.row import Row
from postroad.sending.canary import Canary, encode_answer
from postroad.sending.decisions import Later, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.limits import limits_of
from postroad.sending.mail import Mail
from postroad.sending.ordering import in_turn
from postroad.suppression.model import Suppression
from tests.sending_world import NOW, World, make_message


def test_rate_then_suppressions_then_claim_then_request(
    world: World, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any]
) -> None:
    order: list[str] = []
    find, insert, take = world.suppressions.find, world.ledger.insert, world.rate.take

    def noted_take(count: int, *, deadline: datetime) -> Grant:
        order.append("rate")
        return take(count, deadline=deadline)

    def noted_find(keys: Sequence[str]) -> dict[str, Suppression]:
        order.append("suppressions")
        return find(keys)

    def noted_insert(row: Row) -> Row | None:
        order.append("claim")
        return insert(row)

    monkeypatch.setattr(world.rate, "take", noted_take)
    monkeypatch.setattr(world.suppressions, "find", noted_find)
    monkeypatch.setattr(world.ledger, "insert", noted_insert)
    world.mailer.on_send = lambda _: order.append("request")
    world.send(message)

    assert order == ["rate", "suppressions", "claim", "request"]


def test_what_the_rate_has_no_room_for_is_neither_claimed_nor_refused(world: World) -> None:
    world.rate.room = 6
    report = world.send(*[make_message(f"m-{index}") for index in range(8)])

    assert world.rate.asked == [4, 4, 2]
    assert report.summary() == {"sent": 6, "later:no_rate": 2}
    assert len(world.ledger) == 6


def test_without_any_rate_nobody_is_even_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rate.room = 0

    def find(_: Sequence[str]) -> dict[str, Suppression]:
        raise AssertionError

    monkeypatch.setattr(world.suppressions, "find", find)
    assert world.send(make_message("m-1")).summary() == {"later:no_rate": 1}


def test_a_rate_that_can_t_be_asked_leaves_the_mail_on_its_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise TransientError

    monkeypatch.setattr(world.rate, "take", fail)
    assert world.send(make_message("m-1")).summary() == {"later:store_unavailable": 1}
    assert len(world.ledger) == 0


def test_the_rate_is_waited_for_no_longer_than_a_request_needs_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    until: list[datetime] = []

    def take(count: int, *, deadline: datetime) -> Grant:
        until.append(deadline)
        return Grant(count)

    monkeypatch.setattr(world.rate, "take", take)
    world.send(make_message("m-1"), seconds_left=60)
    assert until == [NOW + timedelta(seconds=60 - 11)]


def test_new_records_keep_their_order_and_others_change_it_with_each_receive(world: World) -> None:
    records = [world.record("x", index) for index in range(20)]
    assert in_turn(records) == records

    orders = set()
    for receives in range(2, 12):
        again = [replace(record, receives=receives) for record in records]
        orders.add(tuple(record.sqs_id for record in in_turn(again)))
    assert len(orders) == 10
    # Whichever of them kills the process: each of the others soon comes before it.
    for killer in range(20):
        passed = {sqs_id for order in orders for sqs_id in order[: order.index(f"sqs-{killer}")]}
        assert len(passed) > 15


def canary_of(world: World) -> Canary:
    return Canary(
        mailer=world.mailer,
        rate=world.rate,
        clock=world.clock,
        limits=limits_of(world.settings),
        sender=world.settings.from_address,
        configuration_set=world.settings.configuration_set,
    )


def test_a_canary_leaves_as_the_stream_s_mails_do_and_claims_nothing(world: World) -> None:
    answer = canary_of(world).send(deadline=NOW + timedelta(seconds=30))

    assert answer == CanaryAnswer(CanaryOutcome.ACCEPTED)
    (mail,) = world.mailer.mails
    assert mail.to == "success@simulator.amazonses.com"
    assert (mail.sender, mail.configuration_set) == ("Shop <orders@shop.example>", "test-transactional")
    assert mail.tags == {CANARY_TAG: "1"}
    assert world.rate.asked == [1]
    assert world.mailer.wakes == [NOW]
    assert len(world.ledger) == 0


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (SesBusyError(Why.THROTTLED, "TooManyRequestsException"), ("busy", "throttled")),
        (TooLateError(), ("busy", "no_time_left")),
        (SesUnusableError(Why.QUOTA_EXHAUSTED, "x"), ("unusable", "quota_exhausted")),
        (RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected"), ("unusable", "unexpected_answer")),
        (UnknownOutcomeError("no answer"), ("unknown", "no_answer")),
        (ZeroDivisionError(), ("unknown", "no_answer")),
    ],
)
def test_a_canary_says_what_ses_said(world: World, error: Exception, answer: tuple[str, str]) -> None:
    def fail(_: Mail) -> None:
        raise error

    world.mailer.on_send = fail
    told = encode_answer(canary_of(world).send(deadline=NOW + timedelta(seconds=30)))

    assert (told["outcome"], told["why"]) == answer
    assert world.breaker.trips == []


def test_a_canary_takes_no_rate_that_is_not_there(world: World) -> None:
    world.rate.room = 0
    answer = canary_of(world).send(deadline=NOW + timedelta(seconds=30))

    assert answer == CanaryAnswer(CanaryOutcome.BUSY, "no_rate")
    assert world.mailer.mails == []


def test_a_request_must_have_left_while_the_suppression_check_is_fresh_and_the_lease_lasts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadlines: list[datetime] = []
    send = world.mailer.send

    def note(mail: Mail, *, deadline: datetime) -> str:
        deadlines.append(deadline)
        return send(mail, deadline=deadline)

    monkeypatch.setattr(world.mailer, "send", note)
    world.send(make_message("m-1"), seconds_left=60)
    world.send(make_message("m-2"), seconds_left=13)
    assert deadlines == [NOW + timedelta(seconds=5), NOW + timedelta(seconds=2)]


def test_a_request_whose_time_was_over_is_released_unsent(world: World, message: dict[str, Any]) -> None:
    def be_late(_: Mail) -> None:
        raise TooLateError

    world.mailer.on_send = be_late
    decision = world.send(message).decisions["sqs-0"]

    assert isinstance(decision, Later)
    assert decision.why is Why.NO_TIME_LEFT
    row = world.row("m-1")
    assert (row.owner, row.failures) == ("", 0)
    assert row.notes == ("attempt 1 was not sent: no time left",)
