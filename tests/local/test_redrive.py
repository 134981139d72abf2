"""An operator sends again or drops what waits for one, on the deployed stack; SES's count is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.contract.words import Reason, Status
from tests.local_stack import patiently

if TYPE_CHECKING:
    from pathlib import Path

    from postroad.ledger.row import Row
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


def unknown(stack: LocalStack, what: str, *faults: str) -> Row:
    """Lose the answer to a message's request, and wait until the message waits for evidence."""
    message = stack.message(what)
    for fault in faults:
        stack.inbox.add_fault(fault, recipient=f"{message['message_id']}@example.com")
    stack.enqueue(message)

    def look() -> Row | None:
        row = stack.ledger.get(str(message["message_id"]))
        return row if row is not None and row.reason == Reason.UNKNOWN_OUTCOME else None

    return patiently(look, lambda: f"{what} to have lost its answer")


def hold(stack: LocalStack, row: Row) -> Row:
    """Let a message be held as on a stream that says so; its body is kept already."""
    held = stack.ledger.apply(
        row.message_id,
        lambda row: replace(row, status=Status.HELD, due=None, evidence_after=None),
    )
    assert held is not None
    return held


def test_a_message_that_ses_never_got_is_delivered_once(stack: LocalStack) -> None:
    row = unknown(stack, "request-lost", "lost_request")
    left = redrive(row.message_id, "--despite-unknown-outcome", code=4)
    assert (left["action"], left["why"]) == ("left", "awaiting_evidence")

    hold(stack, row)
    listed = answer("held", "list", "--reason", "unknown_outcome")["messages"]
    (told,) = [each for each in listed if each["message_id"] == row.message_id]
    assert (told["attempts"], told["may_have_been_sent"]) == (1, True)
    (left,) = answer("held", "release", row.message_id, "--yes", code=4)["messages"]
    assert (left["action"], left["why"]) == ("left", "may_have_been_sent")
    assert stack.mails_of(row.message_id) == []

    words = ("held", "release", row.message_id, "--yes", "--despite-unknown-outcome")
    assert answer(*words)["messages"][0]["may_have_been_sent"] is True
    delivered = stack.wait_for(row.message_id, Status.DELIVERED)
    assert (delivered.attempt, sorted(delivered.ses_ids)) == (2, ["2"])
    assert len(stack.mails_of(row.message_id)) == 1
    assert answer(*words, code=4)["messages"][0]["why"] == "settled"


def test_a_message_that_had_left_is_sent_once_more_and_no_oftener(stack: LocalStack) -> None:
    row = hold(stack, unknown(stack, "answer-lost", "lost_answer", "lost_events"))
    assert len(stack.mails_of(row.message_id)) == 1

    redrive(row.message_id, "--despite-unknown-outcome")
    delivered = stack.wait_for(row.message_id, Status.DELIVERED)
    stack.wait_until_quiet()
    assert len(stack.mails_of(row.message_id)) == 2
    assert sorted(delivered.ses_ids) == ["2"]
    record = answer("why", row.message_id)
    assert any("attempt 1 may have been sent" in note for note in record["notes"])
    assert "reopened" in [step["what"] for step in record["timeline"]]


def test_a_message_that_is_dropped_is_never_sent(stack: LocalStack) -> None:
    row = hold(stack, unknown(stack, "dropped", "lost_request"))
    (told,) = answer("held", "drop", row.message_id, "--yes")["messages"]
    assert told["action"] == "dropped"
    ended = stack.wait_for(row.message_id, Status.CANCELLED)
    assert (ended.reason, ended.owner) == (Reason.DROPPED_BY_OPERATOR, "")
    assert ended.expires_at is not None
    body = stack.dynamodb.query(
        TableName=stack.outputs["BodiesTable"],
        KeyConditionExpression="pk = :id",
        ExpressionAttributeValues={":id": {"S": row.message_id}},
    )
    assert body["Count"] == 0
    assert row.message_id not in {each["message_id"] for each in answer("held", "list")["messages"]}
    assert stack.mails_of(row.message_id) == []


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
