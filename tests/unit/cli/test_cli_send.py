from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from postroad.contract.words import Status
from tests.unit.cli.deployed import BUCKET, configure, make_row

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


def test_a_mistyped_topic_is_refused_where_the_topics_are_known(deployed: Deployed, tmp_path: Path) -> None:
    topic = '{ stream = "%s", opt_in = "single", names = { en = "N" }, descriptions = { en = "D" } }'
    text = f"[topics]\noffers = {topic % 'order-updates'}\nnews = {topic % 'transactional'}\n"
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "topics.toml").write_text(text, "utf-8")

    refused = deployed.run(*WORDS, "--stream", "order-updates", "--topic", "ofers")
    assert refused.exit_code == 4
    assert "'ofers' is no topic of order-updates (did you mean 'offers'?)." in refused.stderr

    without = deployed.run(*WORDS, "--stream", "order-updates")
    assert without.exit_code == 4
    assert (
        "it names none, and mail of order-updates is left by its topic. next: Give --topic: offers."
        in " ".join(without.stderr.split())
    )
    assert "config/topics.toml" in refused.stderr
    assert queued(deployed, "OrderUpdatesQueueUrl") == []
    assert deployed.run(*WORDS, "--stream", "order-updates", "--topic", "offers").exit_code == 0


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


def put_template(folder: Path, name: str = "invoice", data: str = '{"filename": "INV-1.pdf"}') -> Path:
    made = folder / "templates" / name
    made.mkdir(parents=True)
    (made / "example.json").write_text(data, encoding="utf-8")
    return made


def stored(deployed: Deployed) -> dict[str, Any]:
    found = deployed.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {each["Key"]: deployed.s3.get_object(Bucket=BUCKET, Key=each["Key"]) for each in found}


def test_the_example_of_a_template_is_sent_with_its_file(deployed: Deployed, tmp_path: Path) -> None:
    configure()
    folder = put_template(tmp_path)
    (folder / "example.pdf").write_bytes(b"%PDF")
    words = ("send", "--template", "invoice", "--to", "ana.ruiz@example.com", "--example")
    assert deployed.run(*words).exit_code == 0
    (message,) = queued(deployed)
    assert message["data"] == {"filename": "INV-1.pdf"}
    (attachment,) = message["attachments"]
    assert (attachment["filename"], attachment["content_type"]) == ("INV-1.pdf", "application/pdf")
    ((key, found),) = stored(deployed).items()
    assert attachment["s3"] == f"{BUCKET}/{key}"
    assert key.startswith("attachments/transactional/")
    assert found["Body"].read() == b"%PDF"
    assert found["ContentType"] == "application/pdf"


def test_a_template_without_an_example_names_those_that_have_one(deployed: Deployed, tmp_path: Path) -> None:
    put_template(tmp_path)
    for name in ("welcome", "../invoice", "."):
        result = deployed.run("send", "--template", name, "--to", "ana.ruiz@example.com", "--example")
        assert result.exit_code == 3
        assert "Name one of invoice." in result.stderr


def test_files_are_attached_under_keys_that_are_the_same_again(deployed: Deployed, tmp_path: Path) -> None:
    configure()
    (tmp_path / "Ñandú (1).pdf").write_bytes(b"one")
    (tmp_path / "list.csv.gz").write_bytes(b"two")
    words = ("--attach", "Ñandú (1).pdf", "--attach", "list.csv.gz", "--message-id", "order-1042")
    for _ in range(2):
        assert deployed.run(*WORDS, *words).exit_code == 0
    first, second = queued(deployed)
    assert first["attachments"] == second["attachments"]
    assert [each["filename"] for each in first["attachments"]] == ["Ñandú (1).pdf", "list.csv.gz"]
    assert [each["content_type"] for each in first["attachments"]] == [
        "application/pdf",
        "application/octet-stream",
    ]
    assert sorted(key.rpartition("/")[2] for key in stored(deployed)) == ["and-1-.pdf", "list.csv.gz"]


def test_attachments_that_are_too_large_are_told_before_anything_is_put(
    deployed: Deployed, tmp_path: Path
) -> None:
    configure()
    (tmp_path / "large.pdf").write_bytes(bytes(6_000_000))
    result = deployed.run(*WORDS, "--attach", "large.pdf", "--attach", "large.pdf")
    assert result.exit_code == 4
    assert "more than 10,000,000 bytes" in result.stderr
    missing = deployed.run(*WORDS, "--attach", "missing.pdf")
    assert missing.exit_code == 2
    wrong = deployed.run("send", "--template", "x", "--to", "nobody", "--attach", "large.pdf")
    assert wrong.exit_code == 4
    assert stored(deployed) == {}
    assert queued(deployed) == []


def test_what_never_ends_is_not_read_to_its_end(deployed: Deployed) -> None:
    configure()
    result = deployed.run(*WORDS, "--attach", "/dev/zero")
    assert result.exit_code == 4
    assert "more than 10,000,000 bytes" in result.stderr
    assert stored(deployed) == {}


@pytest.mark.parametrize("option", ["--message", "--data"])
def test_a_key_that_stands_twice_is_refused_and_not_chosen_from(deployed: Deployed, option: str) -> None:
    text = '{"message_id": "a", "message_id": "b", "template": "x", "to": {"email": "ana.ruiz@example.com"}}'
    words = ("send",) if option == "--message" else WORDS
    result = deployed.run(*words, option, "-", given=text)
    assert result.exit_code == 2
    assert "the key 'message_id' twice" in result.stderr
    assert queued(deployed) == []


def test_a_whole_message_is_enqueued_as_it_is(deployed: Deployed, tmp_path: Path) -> None:
    message = {
        "schema": "postroad.message.v1",
        "message_id": "order-1042",
        "created_at": "2025-11-22T12:00:00Z",
        "stream": "order-updates",
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com"},
    }
    # As Windows' editors write it.
    (tmp_path / "message.json").write_text("\ufeff" + json.dumps(message), encoding="utf-8")
    assert deployed.run("send", "--message", "message.json").stdout.startswith("order-1042\n")
    assert queued(deployed, "OrderUpdatesQueueUrl") == [message]
    assert deployed.run("send", "--message", "message.json", "--message-id", "again").exit_code == 0
    assert queued(deployed, "OrderUpdatesQueueUrl")[-1]["message_id"] == "again"

    changed = deployed.run("send", "--message", "message.json", "--to", "ben@example.com", "--tag", "a=1")
    assert changed.exit_code == 2
    assert "--to, --tag would change it" in changed.stderr
    hinted = deployed.run(*WORDS, "--data", "message.json")
    assert hinted.exit_code == 2
    assert "postroad send --message message.json" in hinted.stderr


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--to", "ana.ruiz@example.com"), "--template is missing."),
        (("--template", "x"), "--to is missing."),
        ((*WORDS[1:], "--tag", "a=1", "--tag", "a=2"), "The tag 'a' is given twice."),
        ((*WORDS[1:], "--data", "-", "--example"), "--example and --data both say what to show."),
    ],
)
def test_words_that_contradict_are_told(deployed: Deployed, words: tuple[str, ...], wrong: str) -> None:
    result = deployed.run("send", *words)
    assert result.exit_code == 2
    assert wrong in result.stderr


@pytest.mark.parametrize(
    ("status", "code"), [(Status.DELIVERED, 0), (Status.BOUNCED, 4), (Status.HELD, 4), (Status.SENT, 1)]
)
def test_waiting_tells_what_became_of_it(deployed: Deployed, status: Status, code: int) -> None:
    configure()
    deployed.ledger.insert(make_row("order-1042", status=status))
    words = (*WORDS, "--message-id", "order-1042", "--wait", "--wait-seconds", "1")
    result = deployed.run(*words)
    assert result.exit_code == code, result.output
    assert result.stdout.startswith(f"order-1042  {status}\n")
    assert deployed.json(*words, code=code)["status"] == status


def test_waiting_for_what_is_never_taken_ends(deployed: Deployed) -> None:
    configure()
    result = deployed.run(*WORDS, "--message-id", "order-1042", "--wait", "--wait-seconds", "1")
    assert result.exit_code == 1
    assert "order-1042 still waits on its queue." in result.stdout
