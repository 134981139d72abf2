"""Events on rows: many rows read and written together, each with an outcome of its own."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.evidence.memory import MemoryAppliedObjects
from postroad.feedback import applying, folding
from postroad.feedback.event import FeedbackEvent
from postroad.ledger.engagement import NOTHING_SEEN
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.retention import Retention
from postroad.ledger.row import Row
from postroad.observability import UNKNOWN_STREAM, Metric
from tests.event_objects import (
    STREAM,
    World,
    at,
    by_itself,
    claimed,
    delivery,
    event,
    send,
    status,
    store,
    told,
)


def test_a_row_that_can_not_be_moved_fails_its_events_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ledger.insert(claimed("m-1"))
    world.ledger.insert(claimed("m-2"))

    def fold_or_break(row: Row, events: Sequence[FeedbackEvent], retention: Retention) -> folding.Move:
        if row.message_id == "m-1":
            raise ZeroDivisionError
        return fold(row, events, retention)

    fold = folding.fold
    monkeypatch.setattr(folding, "fold", fold_or_break)
    monkeypatch.setattr(applying, "fold", fold_or_break)

    failed = world.feedback.take([by_itself(send("m-1"), "sqs-1"), by_itself(send("m-2"), "sqs-2")])

    assert failed == ["sqs-1"]
    assert status(world, "m-2") is Status.SENT


class Meddling(MemoryLedger):
    """Lets somebody else write the row between the reading of many and the writing of one."""

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        rows = super().get_many(message_ids, may_be_old=may_be_old)
        for row in rows.values():
            self.replace(replace(row.with_note("meddled"), version=row.version + 1), expected=row.version)
        return rows


def test_a_row_that_changed_meanwhile_is_read_again(world: World) -> None:
    world.ledger = Meddling()
    world.ledger.insert(claimed("m-1"))
    store(world, send("m-1"), delivery("m-1"))
    assert world.feedback.take([told()]) == []
    row = world.ledger.get("m-1")
    assert row is not None
    assert (row.status, row.notes, row.version) == (Status.DELIVERED, ("meddled",), 3)
    assert world.counts.of(Metric.DELIVERIES, STREAM) == 1


def test_rows_that_stand_right_are_not_written(world: World) -> None:
    seen = NOTHING_SEEN.with_open(at(90), is_machine=False)
    sent = replace(SENT_ROW, engagement=seen).kept_until(at(0) + timedelta(days=60))
    world.ledger.insert(sent)
    before = world.ledger.rows()
    store(world, send("m-1"), event("Open", "m-1", part={"timestamp": at(91).isoformat()}))
    world.feedback.take([told()])
    assert world.ledger.rows() == before


def test_both_attempts_in_one_object_leave_both_ids_however_often_they_come(world: World) -> None:
    world.ledger.insert(claimed("m-1", attempt=2))
    store(world, send("m-1", attempt=2), send("m-1", attempt=1), send("m-1", attempt=1))
    for _ in range(2):
        world.feedback.take([told(), by_itself(send("m-1", attempt=1))])
        world.applied = MemoryAppliedObjects()
    (row,) = world.ledger.rows()
    assert row.ses_ids == {"1": "ses-m-1-1", "2": "ses-m-1-2"}


def test_a_row_that_can_not_be_read_fails_its_events_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for message in ("m-1", "m-2"):
        world.ledger.insert(claimed(message))
    real = world.ledger.get

    def get(message_id: str) -> Row | None:
        if message_id == "m-1":
            raise ValueError("a status of a later version")
        return real(message_id)

    def get_many(*_: object, **__: object) -> dict[str, Row]:
        raise ValueError("a status of a later version")

    monkeypatch.setattr(world.ledger, "get", get)
    monkeypatch.setattr(world.ledger, "get_many", get_many)
    store(world, delivery("m-1"), delivery("m-2"), delivery("m-3"), send("m-2"))
    assert world.feedback.take([told()]) == ["sqs-1"]
    assert status(world, "m-2") is Status.DELIVERED
    assert world.watermarks.read(STREAM) is None
    assert world.counts.of(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM) == 1


class Throttling(MemoryLedger):
    """Leaves one row of a bulk write unwritten, and lets somebody else write another one before it."""

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        standing = self.get("m-1")
        assert standing is not None
        meddled = replace(standing.with_note("meddled"), version=standing.version + 1)
        self.replace(meddled, expected=standing.version)
        return [
            LedgerUnavailableError("ThrottlingError")
            if row.message_id == "m-2"
            else self.replace(row, expected=row.version - 1)
            for row in rows
        ]


def test_rows_are_written_together_and_each_has_an_outcome_of_its_own(world: World) -> None:
    world.ledger = Throttling()
    messages = ("m-0", "m-1", "m-2", "m-3")
    for message in messages[:3]:
        world.ledger.insert(claimed(message))
    events = [by_itself(delivery(message), message) for message in messages]

    assert world.feedback.take(events) == ["m-2"]

    assert [status(world, message) for message in messages[:3]] == [
        Status.DELIVERED,
        Status.DELIVERED,
        Status.CLAIMED,
    ]
    row = world.ledger.get("m-1")
    assert row is not None
    assert (row.notes, row.version) == (("meddled",), 3)
    assert world.counts.of(Metric.DELIVERIES, STREAM) == 2
    assert world.counts.of(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM) == 1


class Behind(MemoryLedger):
    """Shows whoever takes old rows what stood at `remember`, and counts the rows that it reads anew."""

    def __init__(self) -> None:
        super().__init__()
        self.old: dict[str, Row] = {}
        self.read_anew: list[str] = []

    def remember(self) -> None:
        self.old = {row.message_id: row for row in self.rows()}

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        if may_be_old:
            return {one: self.old[one] for one in message_ids if one in self.old}
        self.read_anew += message_ids
        return super().get_many(message_ids)


SENT_ROW = claimed("m-1", status=Status.SENT, owner="", ses_ids={"1": "ses-m-1-1"}, times={"sent": at(0.3)})


@pytest.mark.parametrize(
    ("old", "anew"),
    [
        pytest.param(None, ["m-1"], id="no row yet"),
        pytest.param(claimed("m-1"), [], id="claimed"),
        pytest.param(SENT_ROW, [], id="sent"),
        pytest.param(replace(SENT_ROW, version=2, status=Status.DELAYED), [], id="delayed"),
    ],
)
def test_an_old_row_leads_to_the_same_as_the_one_that_stands(
    world: World, old: Row | None, anew: list[str]
) -> None:
    world.ledger = ledger = Behind()
    if old is not None:
        ledger.insert(old)
        ledger.remember()
        ledger.replace(replace(SENT_ROW, version=old.version + 1), expected=old.version)
    else:
        ledger.insert(SENT_ROW)
    store(world, send("m-1"), delivery("m-1"))
    assert world.feedback.take([told()]) == []
    assert status(world, "m-1") is Status.DELIVERED
    assert ledger.read_anew == anew
    assert world.counts.of(Metric.DELIVERIES, STREAM) == 1


def test_an_old_row_that_may_have_been_opened_again_is_read_anew(world: World) -> None:
    failed = claimed(
        "m-1", status=Status.FAILED, reason="message_rejected", owner="", ses_ids={"1": "ses-m-1-1"}
    ).with_time("sent", at(0.3))
    world.ledger = ledger = Behind()
    ledger.insert(failed)
    ledger.remember()
    ledger.replace(claimed("m-1", attempt=2, version=2), expected=1)
    store(world, send("m-1"))
    world.feedback.take([told()])
    row = ledger.get("m-1")
    assert row is not None
    assert (row.status, row.ses_ids) == (Status.SENT, {"1": "ses-m-1-1"})


def test_a_send_event_of_a_sent_row_costs_one_old_read(world: World) -> None:
    world.ledger = ledger = Behind()
    ledger.insert(SENT_ROW.kept_until(at(0) + timedelta(days=60)))
    ledger.remember()
    store(world, send("m-1"))
    world.feedback.take([told()])
    assert ledger.read_anew == []
    assert ledger.rows() == list(ledger.old.values())
