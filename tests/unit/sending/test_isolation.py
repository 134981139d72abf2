"""What concerns one record, one recipient or one moment stays there."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.contract.message import Attachment
from postroad.contract.words import Status
from postroad.sending import batch as batch_module
from postroad.sending.decisions import Later, Sent, Settled, Why
from postroad.sending.errors import SesUnusableError
from postroad.sending.mail import File, Mail
from postroad.suppression.model import Suppression
from tests.sending_world import World, make_message


class WatchedFile(File):
    """A file that tells when it has left memory."""

    __slots__ = ("__weakref__",)

    __hash__ = object.__hash__


FILE = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}


def test_a_suppression_that_can_t_be_read_stops_its_own_recipient_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = world.suppressions.find
    unreadable = world.key("m-2@example.com")

    def find_or_break(keys: Sequence[str]) -> Mapping[str, Suppression]:
        if unreadable in keys:
            raise ValueError("'a word of a later version' is not a valid Reason")
        return find(keys)

    monkeypatch.setattr(world.suppressions, "find", find_or_break)
    world.suppress("m-3@example.com")
    report = world.send(make_message("m-1"), make_message("m-2"), make_message("m-3"))

    assert report.failures == ["sqs-1"]
    assert report.decisions["sqs-2"] == Settled(Status.SUPPRESSED, "hard_bounce")
    assert [mail.to for mail in world.mailer.mails] == ["m-1@example.com"]


def test_a_record_that_can_t_even_be_refused_waits_and_harms_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: object) -> None:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(world.dead_letters, "copy", break_down)
    report = world.send("no JSON", make_message("m-1"), receives=world.settings.attempts_max)

    assert report.failures == ["sqs-0"]
    assert report.decisions["sqs-1"] == Sent("ses-1")


def test_a_slow_bucket_leaves_time_to_end_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_slow(attachment: Attachment, *, most_bytes: int) -> File:
        assert most_bytes
        world.clock.at += timedelta(seconds=25)
        return File(attachment.filename, attachment.content_type, b"file")

    monkeypatch.setattr(world.attachments, "fetch", be_slow)
    report = world.send(*[make_message(f"m-{index}", attachments=[FILE]) for index in range(6)])

    assert world.clock.now() < world.record("").first_sent + timedelta(seconds=60)
    assert sorted(report.failures) == [f"sqs-{index}" for index in range(6)]
    decision = report.decisions["sqs-5"]
    assert isinstance(decision, Later)
    assert decision.why is Why.NO_TIME_LEFT


def test_files_of_two_sub_batches_are_never_in_memory_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_module, "BYTES_IN_FLIGHT", 1000)
    alive: weakref.WeakSet[WatchedFile] = weakref.WeakSet()
    most: list[int] = []

    def fetch(attachment: Attachment, *, most_bytes: int) -> File:
        file = WatchedFile(attachment.filename, attachment.content_type, b"x" * min(600, most_bytes))
        alive.add(file)
        most.append(len(alive))
        return file

    monkeypatch.setattr(world.attachments, "fetch", fetch)
    monkeypatch.setattr(world.mailer, "send", lambda _, **__: "ses")
    report = world.send(*[make_message(f"m-{index}", attachments=[FILE]) for index in range(10)])

    assert report.summary() == {"sent": 10}
    # Two fill a sub-batch; the last one of the sub-batch before may still be named somewhere.
    assert max(most) <= 3


def test_nobody_suppressed_is_mailed_in_another_s_stead(world: World) -> None:
    world.settings = replace(world.settings, allow=(), redirect_to="Team@OurCompany.example")
    world.suppress("team@ourcompany.example")
    report = world.send(make_message("m-1"))

    assert world.mailer.mails == []
    assert report.decisions == {"sqs-0": Settled(Status.SUPPRESSED, "hard_bounce")}


def test_mail_outlasts_a_pause_of_a_day_on_its_queue(world: World) -> None:
    """SQS moves a message to the dead letters at its hundredth receive."""

    def be_paused(_: Mail) -> None:
        raise SesUnusableError(Why.SENDING_PAUSED, "SendingPausedException")

    world.mailer.on_send = be_paused
    began = world.clock.now()
    for receives in range(1, 100):
        record = replace(world.record(make_message("m-1")), receives=receives)
        world.send_records([record])
        world.clock.at = world.postponement.until["sqs-0"]

    assert world.clock.now() - began > timedelta(hours=20)
    world.mailer.on_send = None
    world.breaker.close()
    assert world.send(make_message("m-1")).decisions == {"sqs-0": Sent("ses-1")}
