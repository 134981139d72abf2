from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.deployed import Deployed

WORDS = ("send", "--template", "order_confirmation", "--to", "ana.ruiz@example.com")


def queued(deployed: Deployed, output: str = "TransactionalQueueUrl") -> list[dict[str, Any]]:
    answer = deployed.sqs.receive_message(QueueUrl=deployed.queue_urls[output], MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_it_enqueues_and_says_how_to_ask_what_became_of_it(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"order_id": "1042"}', encoding="utf-8")
    words = ("--locale", "es-CO", "--data", "order.json", "--name", "Ana Ruiz", "--tag", "order=1042")
    result = deployed.run(*WORDS, *words, "--message-id", "order-1042")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["order-1042", "    next: postroad --stage test why order-1042"]
    (message,) = queued(deployed)
    assert message.pop("created_at")
    assert message == {
        "schema": "postroad.message.v1",
        "message_id": "order-1042",
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com", "name": "Ana Ruiz"},
        "locale": "es-CO",
        "data": {"order_id": "1042"},
        "tags": {"order": "1042"},
    }


def test_data_comes_from_standard_input(deployed: Deployed) -> None:
    sent = deployed.json(*WORDS, "--data", "-", given='{"order_id": "ñ"}')
    (message,) = queued(deployed)
    assert message["data"] == {"order_id": "ñ"}
    assert message["message_id"] == sent["message_id"]
    assert sent["next"].endswith(sent["message_id"])


def test_a_stream_whose_name_has_a_hyphen_is_found(deployed: Deployed) -> None:
    assert deployed.run(*WORDS, "--stream", "order-updates").exit_code == 0
    assert [message["stream"] for message in queued(deployed, "OrderUpdatesQueueUrl")] == ["order-updates"]


def test_an_unknown_stream_names_the_queues_there_are(deployed: Deployed) -> None:
    result = deployed.run(*WORDS, "--stream", "feedback")
    assert result.exit_code == 3
    assert "There is no stream 'feedback'" in result.stderr
    assert "postroad-test-order-updates, postroad-test-transactional" in result.stderr


def test_what_sqs_does_not_take_is_repeated_under_its_id(deployed: Deployed) -> None:
    deployed.sqs.delete_queue(QueueUrl=deployed.queue_urls["TransactionalQueueUrl"])
    result = deployed.run(*WORDS, "--message-id", "order-1042")
    assert result.exit_code == 1
    assert result.stderr.startswith("postroad: The message is not enqueued: SQS refused the request: ")
    assert "--message-id order-1042:" in result.stderr


def test_what_the_contract_refuses_is_not_enqueued(deployed: Deployed) -> None:
    result = deployed.run("send", "--template", "order_confirmation", "--to", "not an address")
    assert result.exit_code == 4
    assert "to.email" in result.stderr
    assert queued(deployed) == []


@pytest.mark.parametrize(
    ("words", "given", "wrong"),
    [
        (("--data", "missing.json"), None, "missing.json can't be read"),
        (("--data", "-"), "{", "- is no JSON"),
        pytest.param(("--data", "-"), "[" * 100_000, "- is no JSON", id="nested-too-deeply"),
        (("--data", "-"), "[1]", "- holds no JSON object."),
        (("--tag", "order"), None, "'order' is no tag."),
    ],
)
def test_wrong_words_are_said_so(
    deployed: Deployed, words: tuple[str, ...], given: str | None, wrong: str
) -> None:
    result = deployed.run(*WORDS, *words, given=given)
    assert result.exit_code == 2
    assert wrong in result.stderr
    assert queued(deployed) == []
