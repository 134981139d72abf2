"""An operator sends again what was refused or held, on the deployed stack; SES's own count is looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.contract.words import Reason, Status
from tests.local_stack import patiently

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_stack import LocalStack

REDRIVE = ("queues", "redrive", "--stream", "transactional")


@pytest.fixture(autouse=True)
def _folder_of_the_stack(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").symlink_to(stack.state.folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POSTROAD_STAGE", raising=False)


def answer(*words: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def redrive(message_id: str, *more: str, code: int = 0) -> dict[str, Any]:
    """Send one message again; its dead letter may be in another run's hands for a moment."""
    (told,) = answer(*REDRIVE, "--message-id", message_id, "--yes", *more, code=code)["messages"]
    return dict(told)


def test_a_message_whose_file_was_missing_is_delivered_when_it_is_there(stack: LocalStack) -> None:
    bucket, key = stack.outputs["AttachmentsBucket"], "attachments/transactional/late.pdf"
    file = {"filename": "late.pdf", "content_type": "application/pdf", "s3": f"{bucket}/{key}"}
    row = stack.send(stack.message("file-late", attachments=[file]))
    assert (row.status, row.reason) == (Status.INVALID, Reason.ATTACHMENT_MISSING)

    stack.s3.put_object(Bucket=bucket, Key=key, Body=b"%PDF-1.7")

    def look() -> dict[str, Any] | None:
        words = (*REDRIVE, "--message-id", row.message_id, "--yes", "--json")
        (told,) = json.loads(CliRunner().invoke(app, words).stdout)["messages"]
        return dict(told) if told["action"] == "redriven" else None

    told = patiently(look, lambda: "the dead letter to be handed out")
    assert (told["status"], told["dead_letters"]) == ("invalid", 1)
    delivered = stack.wait_for(row.message_id, Status.DELIVERED)
    assert any(note.startswith("re-opened by operator:") for note in delivered.notes)
    assert len(stack.mails_of(row.message_id)) == 1

    left = redrive(row.message_id, code=4)
    assert (left["action"], left["status"]) == ("left", "delivered")
    assert len(stack.mails_of(row.message_id)) == 1


def test_a_message_that_ses_never_got_is_delivered_once(stack: LocalStack) -> None:
    message = stack.message("request-lost")
    stack.inbox.add_fault("lost_request", recipient=f"{message['message_id']}@example.com")
    row = stack.send(message)
    assert (row.status, row.reason) == (Status.HELD, Reason.UNKNOWN_OUTCOME)

    left = redrive(row.message_id, code=4)
    assert (left["action"], left["why"]) == ("left", "may_have_been_sent")
    assert stack.mails_of(row.message_id) == []

    assert redrive(row.message_id, "--despite-unknown-outcome")["may_have_been_sent"] is True
    delivered = stack.wait_for(row.message_id, Status.DELIVERED)
    assert (delivered.attempt, sorted(delivered.ses_ids)) == (2, ["2"])
    assert len(stack.mails_of(row.message_id)) == 1
    assert redrive(row.message_id, "--despite-unknown-outcome", code=4)["why"] == "settled"


def test_a_message_that_had_left_is_sent_once_more_and_no_oftener(stack: LocalStack) -> None:
    message = stack.message("answer-lost")
    recipient = f"{message['message_id']}@example.com"
    stack.inbox.add_fault("lost_answer", recipient=recipient)
    stack.inbox.add_fault("lost_events", recipient=recipient)
    row = stack.send(message)
    assert row.status is Status.HELD
    assert len(stack.mails_of(row.message_id)) == 1

    redrive(row.message_id, "--despite-unknown-outcome")
    delivered = stack.wait_for(row.message_id, Status.DELIVERED)
    stack.wait_until_quiet()
    assert len(stack.mails_of(row.message_id)) == 2
    assert sorted(delivered.ses_ids) == ["2"]
    record = answer("why", row.message_id)
    assert any("attempt 1 may have been sent" in note for note in record["notes"])
    assert "reopened" in [step["what"] for step in record["timeline"]]


def test_a_file_is_sent_from_this_machine_and_its_end_is_waited_for(
    stack: LocalStack, tmp_path: Path
) -> None:
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.7")
    message = stack.message("from-here")
    (tmp_path / "message.json").write_text(json.dumps(message), encoding="utf-8")
    told = answer("send", "--message", "message.json", "--attach", "invoice.pdf", "--wait")
    assert told["status"] == "delivered"
    assert told["inbox"] == stack.state.inbox
    (mail,) = stack.mails_of(str(message["message_id"]))
    assert [each["filename"] for each in stack.inbox.mail(mail["id"])["attachments"]] == ["invoice.pdf"]
