"""A sub-batch goes to the stores as one, and each of its messages has its own outcome all the same."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.row import Row
from postroad.sending import sub_batches
from postroad.sending.decisions import Duplicate, Later, Sent, Settled, Why
from postroad.sending.errors import SesUnusableError
from postroad.sending.mail import Mail
from tests.matrix.inline_threads import without_threads
from tests.sending_world import NOW, World, make_message

Inserted = list[Row | TransientError | None]
Replaced = list[bool | TransientError]
UNKNOWN = LedgerUnavailableError("no answer")


def messages(count: int) -> list[dict[str, Any]]:
    return [make_message(f"m-{index}") for index in range(count)]


def why(decision: object) -> Why:
    assert isinstance(decision, Later)
    return decision.why


def spoil_insert_many(world: World, patch: pytest.MonkeyPatch, spoil: Callable[[Row], bool]) -> None:
    """Leave what became of some rows unknown; nothing of them is written."""
    insert = world.ledger.insert

    def insert_many(rows: Sequence[Row]) -> Inserted:
        return [UNKNOWN if spoil(row) else insert(row) for row in rows]

    patch.setattr(world.ledger, "insert_many", insert_many)


def test_a_sub_batch_takes_one_request_of_each_kind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def counted(port: object, name: str) -> None:
        kept = getattr(port, name)

        def call(*args: object, **kwargs: object) -> object:
            calls[name] += 1
            return kept(*args, **kwargs)

        monkeypatch.setattr(port, name, call)

    for port, names in (
        (world.ledger, ("get", "get_many", "insert_many", "replace_many", "apply")),
        (world.suppressions, ("find",)),
        (world.bodies, ("put", "get", "delete")),
        (world.rate, ("take",)),
    ):
        for name in names:
            counted(port, name)
    assert world.send(*messages(8)).summary() == {"sent": 8}
    assert calls == {"take": 2, "find": 2, "insert_many": 2, "replace_many": 2}


def test_each_claim_of_many_has_its_own_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.send(make_message("m-1"))
    spoil_insert_many(world, monkeypatch, lambda row: row.message_id == "m-2")
    report = world.send(*messages(4))

    assert report.decisions["sqs-0"] == Sent("ses-2")
    assert report.decisions["sqs-1"] == Duplicate()
    assert why(report.decisions["sqs-2"]) is Why.STORE_UNAVAILABLE
    assert isinstance(report.decisions["sqs-3"], Sent)
    assert report.failures == ["sqs-2"]
    assert Counter(mail.to for mail in world.mailer.mails) == {
        "m-0@example.com": 1,
        "m-1@example.com": 1,
        "m-3@example.com": 1,
    }


def test_a_claim_that_nobody_knows_to_stand_is_not_sent_on(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = world.ledger.insert_many

    def lose_the_answer(rows: Sequence[Row]) -> Inserted:
        return [UNKNOWN for _ in insert(rows)]

    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "insert_many", lose_the_answer)
        assert why(world.send(message).decisions["sqs-0"]) is Why.STORE_UNAVAILABLE
    assert world.mailer.mails == []
    assert why(world.send(message, receives=2).decisions["sqs-0"]) is Why.LIVE_LEASE

    world.clock.at += timedelta(seconds=world.settings.lease_seconds + 1)
    assert world.send(message, receives=3).summary() == {"waits:unknown_outcome": 1}
    assert world.mailer.mails == []


def test_a_row_that_breaks_the_request_for_all_is_found_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = world.ledger.insert

    def refuse_one(row: Row) -> Row | None:
        if row.message_id == "m-1":
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return insert(row)

    monkeypatch.setattr(world.ledger, "insert", refuse_one)
    report = world.send(*messages(4))

    assert report.failures == ["sqs-1"]
    assert why(report.decisions["sqs-1"]) is Why.STORE_UNAVAILABLE
    # The first row had been written by then: it is known again as this process's own.
    assert Counter(mail.to for mail in world.mailer.mails) == {
        "m-0@example.com": 1,
        "m-2@example.com": 1,
        "m-3@example.com": 1,
    }


def test_marks_that_break_together_are_made_one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: Sequence[Row]) -> Replaced:
        raise ZeroDivisionError

    monkeypatch.setattr(world.ledger, "replace_many", break_down)
    assert world.send(*messages(4)).summary() == {"sent": 4}
    assert [row.status for row in world.ledger.rows()] == [Status.SENT] * 4
    assert len(world.errors) == 1


def test_each_mark_of_many_has_its_own_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, write = world.ledger.replace_many, world.ledger.replace

    def be_unsure(rows: Sequence[Row]) -> Replaced:
        # Somebody has moved m-1; of m-2 nothing is written; m-3 is written, and the answer is lost.
        world.ledger.apply("m-1", lambda row: replace(row, status=Status.DELIVERED))
        tried = [row for row in rows if row.message_id != "m-2"]
        outcomes = {row.message_id: outcome for row, outcome in zip(tried, mark(tried), strict=True)}
        assert outcomes == {"m-0": True, "m-1": False, "m-3": True}
        return [outcomes[row.message_id] if row.message_id < "m-2" else UNKNOWN for row in rows]

    def be_down_for_one(row: Row, *, expected: int) -> bool:
        if row.message_id == "m-2" and row.ses_ids:
            raise UNKNOWN
        return write(row, expected=expected)

    monkeypatch.setattr(world.ledger, "replace_many", be_unsure)
    monkeypatch.setattr(world.ledger, "replace", be_down_for_one)
    report = world.send(*messages(4))

    assert report.failures == ["sqs-2"]
    later = report.decisions["sqs-2"]
    assert isinstance(later, Later)
    # Until then nobody else may touch the claim; and by then the mail's own events have moved the row.
    assert (later.why, later.at) == (
        Why.STORE_UNAVAILABLE,
        NOW + timedelta(seconds=world.settings.lease_seconds),
    )
    statuses = [world.row(f"m-{index}").status for index in range(4)]
    assert statuses == [Status.SENT, Status.DELIVERED, Status.CLAIMED, Status.SENT]
    assert all(world.row(f"m-{index}").ses_ids for index in (0, 1, 3))
    assert world.row("m-3").version == 2
    assert len(world.mailer.mails) == 4


def test_a_mail_was_sent_when_ses_took_it_and_not_when_that_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = world.ledger.replace_many

    def be_slow(rows: Sequence[Row]) -> Replaced:
        world.clock.at += timedelta(seconds=7)
        return mark(rows)

    monkeypatch.setattr(world.ledger, "replace_many", be_slow)
    world.send(make_message("m-1"))
    assert world.row("m-1").times["sent"] == NOW


def test_marks_don_t_wait_long_for_a_slow_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sub_batches, "LONGEST_UNMARKED_SECONDS", 0.01)
    marked = threading.Event()
    mark = world.ledger.replace_many

    def note(rows: Sequence[Row]) -> Replaced:
        done = mark(rows)
        marked.set()
        return done

    def be_slow(mail: Mail) -> None:
        if mail.to == "m-0@example.com":
            assert marked.wait(10), "the others' marks wait for this answer"

    monkeypatch.setattr(world.ledger, "replace_many", note)
    world.mailer.on_send = be_slow
    assert world.send(*messages(4)).summary() == {"sent": 4}


def test_the_suppressed_end_in_the_same_request_as_others_are_claimed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[Status]] = []
    insert = world.ledger.insert_many

    def note(rows: Sequence[Row]) -> Inserted:
        asked.append([row.status for row in rows])
        return insert(rows)

    monkeypatch.setattr(world.ledger, "insert_many", note)
    world.suppress("m-1@example.com")
    report = world.send(*messages(3))

    assert asked == [[Status.CLAIMED, Status.SUPPRESSED, Status.CLAIMED]]
    assert report.decisions["sqs-1"] == Settled(Status.SUPPRESSED, "hard_bounce")


def test_a_held_message_has_its_body_kept_before_its_row_stands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    put, insert = world.bodies.put, world.ledger.insert

    def noted_put(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as the port's own
        order.append("body")
        put(*args, **kwargs)

    def noted_insert(row: Row) -> Row | None:
        order.append(row.status)
        return insert(row)

    monkeypatch.setattr(world.bodies, "put", noted_put)
    monkeypatch.setattr(world.ledger, "insert", noted_insert)
    world.settings = replace(world.settings, allow=())
    world.send(make_message("m-1"))
    assert order == ["body", "held"]


def test_once_ses_takes_no_mail_the_rest_of_the_sub_batch_asks_it_nothing(world: World) -> None:
    def be_paused(_: Mail) -> None:
        raise SesUnusableError(Why.SENDING_PAUSED, "SendingPausedException")

    world.mailer.on_send = be_paused
    with without_threads():
        report = world.send(*messages(4))

    assert report.summary() == {"later:sending_paused:SendingPausedException": 1, "later:stream_stopped": 3}
    assert [row.owner for row in world.ledger.rows()] == [""] * 4
    assert world.row("m-3").notes == ("attempt 1 was not sent: stream stopped",)
    world.mailer.on_send = None
    world.breaker.close()
    assert world.send(*messages(4)).summary() == {"sent": 4}
    assert world.row("m-3").attempt == 2


def test_what_kills_the_process_leaves_claims_behind_and_no_mark(world: World) -> None:
    class DiedError(BaseException):
        """A crash that no `except Exception` swallows."""

    def die(mail: Mail) -> None:
        if mail.to == "m-2@example.com":
            raise DiedError

    world.mailer.on_send = die
    with pytest.raises(DiedError):
        world.send(*messages(4))
    assert {row.status for row in world.ledger.rows()} == {Status.CLAIMED}

    world.mailer.on_send = None
    world.clock.at += timedelta(seconds=world.settings.lease_seconds + 1)
    sent = len(world.mailer.mails)
    assert world.send(*messages(4), receives=2).summary() == {"waits:unknown_outcome": 4}
    assert len(world.mailer.mails) == sent


def test_no_request_is_under_way_when_an_error_ends_the_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(BaseException):
        """As above."""

    fetched: list[datetime] = []

    def die(*_: object, **__: object) -> None:
        fetched.append(world.clock.now())
        raise DiedError

    release = threading.Event()
    answered: list[str] = []

    def be_slow(mail: Mail) -> None:
        release.wait(0.2)
        answered.append(mail.to)

    monkeypatch.setattr(world.attachments, "fetch", die)
    world.mailer.on_send = be_slow
    file = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}
    with pytest.raises(DiedError):
        world.send(*messages(4), make_message("m-4", attachments=[file]))
    assert len(fetched) == 1
    assert len(answered) == 4
