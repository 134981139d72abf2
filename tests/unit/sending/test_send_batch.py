"""One batch, each record to its decision, none at the cost of another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroad.contract.tags import ATTEMPT_TAG, MESSAGE_TAG, decode_tag
from postroad.contract.words import Reason, Status
from postroad.errors import UnknownOutcomeError
from postroad.ledger.row import Row
from postroad.observability import Metric
from postroad.sending.decisions import Duplicate, Later, Refused, Sent, Settled, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.mail import Mail
from postroad.sending.report import BatchReport
from postroad.suppression.model import Suppression
from tests.sending_world import World, make_message


def test_a_good_message_is_sent_once_and_its_row_says_all(world: World, message: dict[str, Any]) -> None:
    report = world.send(message | {"tags": {"order": "1042"}, "headers": {"X-Order": "1042"}})

    assert report.decisions == {"sqs-0": Sent("ses-1")}
    assert report.failures == []
    (mail,) = world.mailer.mails
    assert (mail.to, mail.to_name) == ("m-1@example.com", "Somebody")
    assert mail.reply_to == "help@shop.example"
    assert mail.headers == {"X-Order": "1042"}
    assert decode_tag(mail.tags[MESSAGE_TAG]) == "m-1"
    assert mail.tags[ATTEMPT_TAG] == "1"
    row = world.row("m-1")
    assert row.status is Status.SENT
    assert (row.attempt, row.ses_ids, row.owner, row.lease_until) == (1, {"1": "ses-1"}, "", None)
    assert set(row.times) == {"accepted", "created", "claimed", "sent"}
    assert row.tags == {"order": "1042"}
    assert row.expires_at is not None
    assert row.expires_at >= world.clock.now() + timedelta(days=28)


def test_a_hundred_copies_in_one_batch_are_sent_once(world: World, message: dict[str, Any]) -> None:
    report = world.send(*[message] * 100)

    assert len(world.mailer.mails) == 1
    assert sorted(report.summary().items()) == [("duplicate", 99), ("sent", 1)]
    assert report.failures == []


def test_a_copy_later_is_dropped_whatever_its_created_at(world: World, message: dict[str, Any]) -> None:
    world.send(message)
    report = world.send(message | {"created_at": "2026-11-22T13:00:00Z"})

    assert report.decisions == {"sqs-0": Duplicate()}
    assert len(world.mailer.mails) == 1


def test_another_body_under_the_same_id_is_refused_and_noted(world: World, message: dict[str, Any]) -> None:
    world.send(message)
    report = world.send(message | {"data": {"word": "other"}})

    assert report.decisions == {"sqs-0": Refused(Reason.CONFLICT)}
    assert len(world.mailer.mails) == 1
    assert world.row("m-1").status is Status.SENT
    assert any("!sqs-0" in note for note in world.row("m-1").notes)
    assert world.row("!sqs-0").reason == Reason.CONFLICT
    assert [copy.reason for copy in world.dead_letters.copies] == [Reason.CONFLICT]


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"schema": "postroad.message.v2"}, Reason.SCHEMA, "schema"),
        ({"stream": "marketing"}, Reason.UNKNOWN_STREAM, "stream"),
        ({"template": "nothing"}, Reason.UNKNOWN_TEMPLATE, "template"),
        ({"data": {}}, Reason.TEMPLATE_DATA, "data.word"),
        ({"to": {"email": "nobody"}}, Reason.ADDRESS, "to.email"),
        ({"to": {"email": "a@example.com", "name": "a\r\nBcc: b@example.com"}}, None, "to.name"),
        ({"send_at": "2027-11-24T14:00:01Z"}, Reason.SCHEMA, "send_at"),
        (
            {"attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}]},
            Reason.ATTACHMENT_MISSING,
            "attachments",
        ),
        (
            {"attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "s3": "elsewhere/a"}]},
            Reason.ATTACHMENT,
            "attachments[0].s3",
        ),
    ],
)
def test_a_bad_message_is_invalid_with_its_reason_and_harms_no_other(
    world: World, change: dict[str, Any], reason: Reason | None, field: str
) -> None:
    report = world.send(make_message("good-1"), make_message("bad", **change), make_message("good-2"))

    assert {mail.to for mail in world.mailer.mails} == {"good-1@example.com", "good-2@example.com"}
    assert report.failures == []
    row = world.row("bad")
    assert row.status is Status.INVALID
    assert reason is None or row.reason == reason
    assert row.detail.startswith(field)
    assert "nobody" not in row.detail
    (copy,) = world.dead_letters.copies
    assert (copy.reason.value, copy.field) == (row.reason, field)
    assert world.counts.of(Metric.REFUSED, "transactional") == 1


def test_a_body_without_an_id_is_refused_under_the_sqs_id(world: World, message: dict[str, Any]) -> None:
    report = world.send("this is not JSON", message)

    assert report.decisions == {"sqs-0": Refused(Reason.NOT_JSON), "sqs-1": Sent("ses-1")}
    assert world.row("!sqs-0").status is Status.INVALID


def test_a_refused_message_is_judged_anew_when_it_comes_again(world: World, message: dict[str, Any]) -> None:
    world.send(message | {"data": {}})
    report = world.send(message)

    assert report.decisions == {"sqs-0": Sent("ses-1")}
    row = world.row("m-1")
    assert (row.status, row.reason, row.detail) == (Status.SENT, "", "")
    assert row.attempt == 1


def test_attachments_are_fetched_within_their_budget(world: World, message: dict[str, Any]) -> None:
    world.attachments.objects["invoices/a"] = b"x" * 600
    one = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}
    world.send(message | {"attachments": [one]})
    report = world.send(message | {"message_id": "m-2", "attachments": [one, one]})

    assert world.mailer.mails[0].files[0].content == b"x" * 600
    assert report.decisions == {"sqs-0": Refused(Reason.ATTACHMENT_TOO_LARGE)}


def test_a_suppressed_recipient_is_not_mailed(world: World) -> None:
    world.suppress("m-1@example.com", Reason.COMPLAINT)
    report = world.send(
        make_message("m-1", to={"email": "M-1@Example.com"}),
        make_message("m-2"),
    )

    assert report.decisions["sqs-0"] == Settled(Status.SUPPRESSED, "complaint")
    assert [mail.to for mail in world.mailer.mails] == ["m-2@example.com"]
    assert world.row("m-1").status is Status.SUPPRESSED


def test_unsubscribing_never_stops_transactional_mail(world: World, message: dict[str, Any]) -> None:
    world.suppress("m-1@example.com", Reason.UNSUBSCRIBED, scope="all")

    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}


def test_a_stage_mails_nobody_but_whom_it_may(world: World) -> None:
    world.settings = replace(world.settings, allow=("*@ourcompany.example",))
    report = world.send(
        make_message("ours", to={"email": "Dev@OurCompany.example"}),
        make_message("customer"),
    )

    assert [mail.to for mail in world.mailer.mails] == ["Dev@ourcompany.example"]
    assert report.decisions["sqs-1"] == Settled(Status.HELD, "recipient_not_allowed")
    assert "customer" in world.bodies
    assert world.row("customer").expires_at is None


def test_a_stage_may_redirect_instead(world: World, message: dict[str, Any]) -> None:
    world.settings = replace(world.settings, allow=(), redirect_to="team@ourcompany.example")
    world.send(message)

    assert [mail.to for mail in world.mailer.mails] == ["team@ourcompany.example"]
    assert any("redirected" in note for note in world.row("m-1").notes)


def test_a_message_that_comes_too_late_expires(world: World) -> None:
    report = world.send(
        make_message("own-limit", expires_at="2026-11-22T13:59:59Z"),
        make_message("too-old", created_at="2026-11-01T13:59:59Z"),
    )

    assert world.mailer.mails == []
    assert report.summary() == {"expired:expired": 2}
    assert world.row("too-old").status is Status.EXPIRED


def test_where_the_stream_says_so_an_unknown_outcome_is_held_with_its_body_and_never_repeated(
    world: World, message: dict[str, Any]
) -> None:
    world.settings = replace(world.settings, unknown_outcome="hold")

    def lose_the_answer(mail: Mail) -> None:
        world.mailer.mails.append(mail)
        raise UnknownOutcomeError("no answer from SES (ReadTimeoutError)")

    world.mailer.on_send = lose_the_answer
    report = world.send(message)

    assert report.decisions == {"sqs-0": Settled(Status.HELD, "unknown_outcome")}
    assert "m-1" in world.bodies
    assert world.counts.of(Metric.UNKNOWN_OUTCOMES, "transactional") == 1
    world.mailer.on_send = None
    assert world.send(message).decisions == {"sqs-0": Duplicate()}
    assert len(world.mailer.mails) == 1


def test_a_bug_in_the_request_counts_as_unknown(world: World, message: dict[str, Any]) -> None:
    world.settings = replace(world.settings, unknown_outcome="hold")

    def break_down(_: Mail) -> None:
        raise ZeroDivisionError

    world.mailer.on_send = break_down
    assert world.send(message).decisions == {"sqs-0": Settled(Status.HELD, "unknown_outcome")}


def test_a_definite_refusal_is_final(world: World, message: dict[str, Any]) -> None:
    def refuse(_: Mail) -> None:
        raise RefusedBySesError(Reason.MESSAGE_REJECTED, "MessageRejected")

    world.mailer.on_send = refuse
    report = world.send(message)

    assert report.decisions == {"sqs-0": Settled(Status.FAILED, "message_rejected")}
    assert world.row("m-1").detail == "MessageRejected"
    assert world.send(message).decisions == {"sqs-0": Duplicate()}


@pytest.mark.parametrize(
    "error",
    [
        SesBusyError(Why.THROTTLED, "TooManyRequestsException"),
        SesUnusableError(Why.SENDING_PAUSED, "SendingPausedException"),
    ],
)
def test_what_ses_did_not_take_is_released_and_sent_later(
    world: World, message: dict[str, Any], error: Exception
) -> None:
    def refuse(_: Mail) -> None:
        raise error

    world.mailer.on_send = refuse
    report = world.send(message)

    assert report.failures == ["sqs-0"]
    assert world.postponement.until["sqs-0"] > world.clock.now()
    assert world.row("m-1").owner == ""
    world.mailer.on_send = None
    world.breaker.close()
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}
    assert (world.row("m-1").attempt, world.row("m-1").ses_ids) == (2, {"2": "ses-1"})


def test_a_live_lease_of_someone_else_keeps_the_copy_until_it_ends(
    world: World, message: dict[str, Any]
) -> None:
    copies: list[BatchReport] = []

    def redeliver(_: Mail) -> None:
        world.mailer.on_send = None
        copies.append(world.send(message))

    world.mailer.on_send = redeliver
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}

    (report,) = copies
    decision = report.decisions["sqs-0"]
    assert isinstance(decision, Later)
    assert decision.why is Why.LIVE_LEASE
    lease_end = world.clock.now() + timedelta(seconds=world.settings.lease_seconds)
    assert world.postponement.until["sqs-0"] > lease_end


def test_where_the_stream_says_so_a_claim_whose_owner_died_is_held(
    world: World, message: dict[str, Any]
) -> None:
    world.settings = replace(world.settings, unknown_outcome="hold")

    class DiedError(BaseException):
        """A crash that no `except Exception` swallows."""

    def die(_: Mail) -> None:
        raise DiedError

    world.mailer.on_send = die
    with pytest.raises(DiedError):
        world.send(message)
    assert world.row("m-1").status is Status.CLAIMED
    world.mailer.on_send = None
    world.clock.at += timedelta(seconds=world.settings.lease_seconds + 1)

    report = world.send(message)

    assert report.decisions == {"sqs-0": Settled(Status.HELD, "unknown_outcome")}
    assert world.mailer.mails == []
    assert "m-1" in world.bodies


def test_an_event_that_beats_the_answer_is_not_overwritten(world: World, message: dict[str, Any]) -> None:
    def bounce_first(_: Mail) -> None:
        world.ledger.apply("m-1", lambda row: replace(row, status=Status.BOUNCED, reason="hard_bounce"))

    world.mailer.on_send = bounce_first
    assert world.send(message).decisions == {"sqs-0": Sent("ses-1")}

    row = world.row("m-1")
    assert (row.status, row.reason, row.ses_ids) == (Status.BOUNCED, "hard_bounce", {"1": "ses-1"})


def test_nothing_is_claimed_when_no_time_is_left_for_an_answer(world: World) -> None:
    report = world.send(make_message("m-1"), make_message("m-2"), seconds_left=10)

    assert report.failures == ["sqs-0", "sqs-1"]
    assert len(world.ledger) == 0
    assert world.mailer.mails == []


@pytest.mark.parametrize("jump", [timedelta(seconds=6), timedelta(hours=-1)])
def test_a_claim_that_took_too_long_or_nobody_knows_how_long_is_released_unsent(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    insert = world.ledger.insert

    def slow_insert(row: Row) -> Row | None:
        world.clock.at += jump  # the suppression check is now stale, or of unknown age
        return insert(row)

    monkeypatch.setattr(world.ledger, "insert", slow_insert)
    report = world.send(message)

    assert report.failures == ["sqs-0"]
    assert world.mailer.mails == []
    assert world.row("m-1").owner == ""


def test_a_bug_never_fails_the_batch_and_ends_as_a_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.attachments, "fetch", break_down)
    one = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}
    bad = make_message("bad", attachments=[one])

    report = world.send(bad, make_message("good"))
    assert report.failures == ["sqs-0"]
    assert [mail.to for mail in world.mailer.mails] == ["good@example.com"]
    assert world.row("bad").failures == 1

    for _ in range(world.settings.attempts_max - 2):
        assert world.send(bad, receives=90).failures == ["sqs-0"]
    report = world.send(bad)
    assert report.decisions == {"sqs-0": Refused(Reason.ATTEMPTS_EXHAUSTED)}
    assert (world.row("bad").status, world.row("bad").reason) == (Status.INVALID, "attempts_exhausted")


def test_sub_batches_are_no_larger_than_the_threads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = world.suppressions.find
    asked: list[int] = []

    def find(keys: Sequence[str]) -> dict[str, Suppression]:
        asked.append(len(keys))
        return found(keys)

    monkeypatch.setattr(world.suppressions, "find", find)
    world.send(*[make_message(f"m-{index}") for index in range(10)])

    assert asked == [4, 4, 2]
    assert len(world.mailer.mails) == 10


def test_an_international_reply_address_leaves_in_the_form_that_ses_takes(
    world: World, message: dict[str, Any]
) -> None:
    world.send(message | {"reply_to": "Hilfe@bücher.example"})

    (mail,) = world.mailer.mails
    assert mail.reply_to == "Hilfe@xn--bcher-kva.example"
