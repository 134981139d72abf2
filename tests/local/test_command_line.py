"""The operator's command line on the deployed stack: found from its state, nothing told by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from tests.local_stack import EXAMPLE, patiently

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_stack import LocalStack

SEND = ("send", "--template", "order_confirmation", "--data", str(EXAMPLE))


@pytest.fixture(autouse=True)
def _folder_of_the_stack(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").symlink_to(stack.state.folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POSTROAD_STAGE", raising=False)
    # A shell that is pointed at a real account must not matter.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of another account")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://localhost:1")


def answer(*words: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_message_is_sent_and_told(stack: LocalStack) -> None:
    mailbox = f"bounce+{stack.new_id('command-line')}@simulator.amazonses.com"
    message_id = answer(*SEND, "--to", mailbox, "--locale", "es-CO")["message_id"]
    stack.wait_for_end(message_id)

    record = answer("why", message_id)
    assert (record["status"], record["reason"]) == ("bounced", "hard_bounce")
    assert [step["what"] for step in record["timeline"]][:2] == ["created", "accepted"]
    assert [entry["scope"] for entry in record["suppressions"]] == ["all"]
    # The index follows the table by a moment.
    found = patiently(lambda: answer("why", "--to", mailbox)["messages"] or None, lambda: "the index")
    assert [message["message_id"] for message in found] == [message_id]

    assert answer("suppression", "remove", mailbox, "--yes")["removed"] is True
    assert [line["action"] for line in answer("suppression", "list", "--to", mailbox)["history"]] == [
        "suppressed",
        "lifted",
    ]


def test_a_refused_message_lies_among_the_dead_letters_with_its_reason(stack: LocalStack) -> None:
    words = ("send", "--template", "no_such_template", "--to", "ana.ruiz@example.com")
    message_id = answer(*words)["message_id"]
    stack.wait_for_end(message_id)

    def look() -> dict[str, Any] | None:
        queues = answer("queues", "--stream", "transactional", "--dead-letters", "100")["queues"]
        letters = [letter for queue in queues for letter in queue["dead_letters"]]
        return next((letter for letter in letters if letter["message_id"] == message_id), None)

    assert patiently(look, lambda: "the dead letter to be seen")["reason"] == "unknown_template"


def test_the_records_of_the_deployed_domain(tmp_path: Path, stack: LocalStack) -> None:
    (tmp_path / "config").symlink_to(EXAMPLE.parents[2] / "config")
    (domain,) = answer("dns")["domains"]
    assert domain["domain"] == "shop.example"
    assert {record["purpose"] for record in domain["records"]} == {"MAIL FROM", "SPF", "DMARC"}
    # The stack tells the same in its outputs, where no hosted zone takes the records.
    told = [json.loads(value) for name, value in stack.outputs.items() if name.startswith("DnsRecords")]
    printed = [{key: record[key] for key in ("name", "type", "value")} for record in domain["records"]]
    assert sorted(map(str, told)) == sorted(map(str, printed))
