"""Copies that pointers bring are claimed together, each over the row that it has, or not at all."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.governor.grant import Grant
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.row import Row
from postroad.records import Record
from postroad.sending.decisions import Duplicate, Later, Sent, Settled, Why
from tests.sending_world import World, make_message

SEND_AT = "2026-11-22T15:00:00Z"
UNKNOWN = LedgerUnavailableError("no answer")


@pytest.fixture
def copies(world: World) -> list[Record]:
    """Return the copies of four scheduled messages, when their time has come."""
    bodies = [make_message(f"m-{index}", send_at=SEND_AT) for index in range(4)]
    assert world.send(*bodies).summary() == {"waits:send_at": 4}
    world.clock.at += timedelta(hours=1)
    return [world.dispatched(f"m-{index}", index) for index in range(4)]


def why(decision: object) -> Why:
    assert isinstance(decision, Later)
    return decision.why


def test_scheduled_messages_are_claimed_together_without_a_write_that_fails(
    world: World, copies: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, int]] = []

    def note(name: str) -> None:
        kept = getattr(world.ledger, name)

        def call(several: Collection[object]) -> object:
            calls.append((name, len(several)))
            return kept(several)

        monkeypatch.setattr(world.ledger, name, call)

    for name in ("get_many", "insert_many", "replace_many"):
        note(name)
    for name in ("get", "insert", "apply"):
        monkeypatch.delattr(type(world.ledger), name)
    assert world.send_records(copies).summary() == {"sent": 4}

    assert calls == [("get_many", 4), ("replace_many", 4), ("replace_many", 4)]
    monkeypatch.undo()
    row = world.row("m-0")
    assert (row.status, row.attempt, row.version, row.generation) == (Status.SENT, 1, 3, 1)
    assert "m-0" not in world.bodies


def test_new_messages_and_those_that_waited_go_together(world: World, copies: list[Record]) -> None:
    records = [*copies[:2], world.record(make_message("new"), 7)]
    assert world.send_records(records).summary() == {"sent": 3}
    assert world.row("new").version == 2


def test_a_generation_that_a_producer_made_up_is_claimed_like_any_other(world: World) -> None:
    records = [world.record(make_message(f"m-{index}"), index, generation=3) for index in range(2)]
    assert world.send_records(records).summary() == {"sent": 2}


def test_whoever_is_faster_wins_and_the_others_go_on(
    world: World, copies: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = world.ledger.get_many

    def be_overtaken(message_ids: Collection[str]) -> dict[str, Row]:
        found = read(message_ids)
        world.ledger.apply("m-1", lambda row: replace(row, status=Status.CANCELLED, due=None))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "get_many", be_overtaken)
        report = world.send_records(copies)
    assert report.summary() == {"sent": 3, "later:race": 1}
    assert world.row("m-1").status is Status.CANCELLED
    assert world.send_records([copies[1]]).decisions == {"sqs-1": Duplicate()}


def test_a_row_whose_claim_got_no_answer_is_not_sent_on(
    world: World, copies: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.ledger.replace_many

    def lose_an_answer(rows: Sequence[Row]) -> list[bool | TransientError]:
        outcomes = write(rows)
        claims = [row.status is Status.CLAIMED for row in rows]
        lost = [is_claim and row.message_id == "m-2" for row, is_claim in zip(rows, claims, strict=True)]
        return [UNKNOWN if is_lost else outcome for is_lost, outcome in zip(lost, outcomes, strict=True)]

    monkeypatch.setattr(world.ledger, "replace_many", lose_an_answer)
    report = world.send_records(copies)

    assert report.failures == ["sqs-2"]
    assert why(report.decisions["sqs-2"]) is Why.STORE_UNAVAILABLE
    assert len(world.mailer.mails) == 3
    assert why(world.send_records([copies[2]]).decisions["sqs-2"]) is Why.LIVE_LEASE


def test_rows_that_can_t_be_read_leave_their_copies_and_no_others_on_the_queue(
    world: World, copies: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_down(_: Collection[str]) -> dict[str, Row]:
        raise UNKNOWN

    monkeypatch.setattr(world.ledger, "get_many", be_down)
    report = world.send_records([*copies[:2], world.record(make_message("new"), 7)])

    assert report.decisions["sqs-7"] == Sent("ses-1")
    assert report.summary() == {"sent": 1, "later:store_unavailable": 2}
    assert world.row("m-0").status is Status.SCHEDULED


def test_what_was_decided_meanwhile_decides_about_its_copy_alone(world: World, copies: list[Record]) -> None:
    world.ledger.apply("m-0", lambda row: replace(row, status=Status.CANCELLED))
    world.suppress("m-1@example.com")
    report = world.send_records(copies)

    assert report.decisions["sqs-0"] == Duplicate()
    assert report.decisions["sqs-1"] == Settled(Status.SUPPRESSED, "hard_bounce")
    assert world.row("m-1").attempt == 0
    assert report.summary()["sent"] == 2


def test_a_message_that_expires_while_it_waits_for_the_rate_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = world.rate.take

    def be_slow(count: int, *, deadline: datetime) -> Grant:
        world.clock.at += timedelta(seconds=30)
        return take(count, deadline=deadline)

    monkeypatch.setattr(world.rate, "take", be_slow)
    report = world.send(make_message("soon", expires_at="2026-11-22T14:00:10Z"), make_message("m-1"))

    assert report.decisions["sqs-0"] == Settled(Status.EXPIRED, Reason.EXPIRED.value)
    assert isinstance(report.decisions["sqs-1"], Sent)
    assert world.row("soon").status is Status.EXPIRED
