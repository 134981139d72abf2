from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.problem import ExitCode
from postroad.contract.words import Reason, Status
from tests.unit.cli.deployed import ACCOUNT, BUCKET, configure, make_row

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

ALLOWED = '["*@company.example", "*@simulator.amazonses.com"]'
TEN = ("load", "--count", "10", "--yes")


@pytest.fixture
def staging(deployed: Deployed) -> Deployed:
    """A stage that mails its own people and the mailbox simulator alone."""
    allow(ALLOWED)
    return deployed


def allow(patterns: str) -> None:
    configure()
    file = Path("config/test.toml")
    text = file.read_text("utf-8").replace('allow = ["*"]', f"allow = {patterns}")
    file.write_text(text, encoding="utf-8")


def queued(deployed: Deployed, output: str = "TransactionalQueueUrl") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    url = deployed.queue_urls[output]
    while taken := deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in taken]
    return found


def test_it_enqueues_so_many_to_the_mailbox_simulator(staging: Deployed) -> None:
    report = staging.json(*TEN, "--bounces", "1", "--locale", "es-CO", "--bytes", "300")
    messages = queued(staging)
    assert {message["message_id"] for message in messages} == {f"{report['run']}-{n}" for n in range(10)}
    assert all(message["to"]["email"].startswith("bounce+load-") for message in messages)
    assert all(message["locale"] == "es-CO" for message in messages)
    assert all(len(message["content"]["text"]) == 300 for message in messages)
    assert report["stage"] == "test"
    assert report["enqueued"]["messages"] == 10
    assert report["not_enqueued"] == {"messages": 0, "why": {}}
    assert report["watched"] is None


def test_it_says_what_is_enqueued(staging: Deployed) -> None:
    result = staging.run(*TEN, "--duplicates", "1")
    assert result.exit_code == 0, result.output
    head, after = result.stdout.splitlines()
    assert ": 10 messages enqueued, 10 of them twice in " in head
    assert after.startswith("    next: postroad --stage test queues")
    assert len(queued(staging)) == 20


def test_a_hundred_by_default(staging: Deployed) -> None:
    assert staging.json("load", "--yes")["enqueued"]["messages"] == 100


def test_so_many_seconds_at_a_rate(staging: Deployed) -> None:
    report = staging.json("load", "--yes", "--rate", "100", "--seconds", "0.2")
    assert report["enqueued"]["messages"] == 20
    assert report["enqueued"]["seconds"] > 0.09


def test_a_file_describes_a_mix(staging: Deployed) -> None:
    Path("sale.toml").write_text(
        '[[messages]]\nweight = 1\n[[messages]]\nstream = "order-updates"\ntopic = "sale"\n', encoding="utf-8"
    )
    staging.json("load", "--count", "40", "--yes", "--mix", "sale.toml")
    plain, with_topic = queued(staging), queued(staging, "OrderUpdatesQueueUrl")
    assert len(plain) + len(with_topic) == 40
    assert 18 <= len(with_topic) <= 22
    assert {message["topic"] for message in with_topic} == {"sale"}


def test_a_template_is_shown_with_its_example(staging: Deployed) -> None:
    folder = Path("templates/order_confirmation")
    folder.mkdir(parents=True)
    (folder / "example.json").write_text('{"order_id": "1042"}', encoding="utf-8")
    staging.json(*TEN, "--template", "order_confirmation")
    assert all(message["data"] == {"order_id": "1042"} for message in queued(staging))


def test_what_is_attached_lies_where_send_may_read_it(staging: Deployed) -> None:
    staging.json(*TEN, "--attached", "1", "--attachment-bytes", "5000")
    ((attachment,), *_) = [message["attachments"] for message in queued(staging)]
    bucket, _, key = attachment["s3"].partition("/")
    assert (bucket, key) == (BUCKET, "attachments/transactional/load/5000.txt")
    assert len(staging.s3.get_object(Bucket=bucket, Key=key)["Body"].read()) == 5000


def test_a_stage_that_may_mail_everybody_gets_no_load(deployed: Deployed) -> None:
    configure()
    error = deployed.json(*TEN, code=4)["error"]
    assert error["what"].startswith("Stage test may mail everybody")
    assert queued(deployed) == []


def test_a_stage_that_would_hold_it_gets_no_load(deployed: Deployed) -> None:
    allow('["*@company.example"]')
    error = deployed.json(*TEN, code=4)["error"]
    assert '"*@simulator.amazonses.com"' in error["next"]
    assert queued(deployed) == []


def test_a_stage_without_a_configuration_here_gets_no_load(deployed: Deployed) -> None:
    assert deployed.json(*TEN, code=3)["error"]["what"] == "There is no config/test.toml here."
    assert queued(deployed) == []


def test_what_costs_is_asked_first(staging: Deployed) -> None:
    error = staging.json("load", "--count", "10", code=4)["error"]
    assert f"stage test, account {ACCOUNT}" in error["what"]
    assert queued(staging) == []


@pytest.mark.parametrize(
    ("words", "code", "wrong"),
    [
        (("--seconds", "5"), 2, "--seconds says how long, at which rate?"),
        (("--seconds", "5", "--rate", "1", "--count", "5"), 2, "both say how many"),
        (("--seconds", "5", "--rate", "1e6"), 2, "1,000,000 are the most of one run"),
        (("--bounces", "0.7", "--complaints", "0.7"), 2, "complaints: with bounces it is more than all"),
        (("--mix", "missing.toml"), 2, "missing.toml can't be read"),
        (("--mix", "wrong.toml"), 2, "wrong.toml: messages[0]: Object contains unknown field `bounce`"),
        (("--mix", "wrong.toml", "--locale", "en"), 2, "--locale would change it"),
        (("--stream", "feedback"), 3, "There is no stream 'feedback'"),
        (("--template", "nothing"), 3, "There is no example data of 'nothing' here"),
        (("--locale", "not a locale"), 4, "Messages of kind 0 can't be enqueued (locale): locale "),
    ],
)
def test_wrong_words_enqueue_nothing(
    staging: Deployed, words: tuple[str, ...], code: int, wrong: str
) -> None:
    Path("wrong.toml").write_text("[[messages]]\nbounce = 1", encoding="utf-8")
    assert wrong in staging.json("load", "--yes", *words, code=code)["error"]["what"]
    assert queued(staging) == []


def test_what_sqs_does_not_take_is_told(staging: Deployed) -> None:
    staging.sqs.delete_queue(QueueUrl=staging.queue_urls["TransactionalQueueUrl"])
    result = staging.run(*TEN)
    assert result.exit_code == 6
    assert "10 are not enqueued:\n    10  SQS refused the request: " in result.stdout


def rows(staging: Deployed, monkeypatch: pytest.MonkeyPatch, *, status: Status) -> None:
    """Let rows stand as soon as somebody asks for them."""
    ask = staging.ledger.get_many

    def get_many(_ledger: object, message_ids: list[str]) -> object:
        for message_id in message_ids:
            staging.ledger.insert(make_row(message_id, status=status, reason=Reason.HARD_BOUNCE))
        return ask(message_ids)

    monkeypatch.setattr("postroad.ledger.dynamodb.DynamoLedger.get_many", get_many)


def test_what_becomes_of_them_is_counted(staging: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    rows(staging, monkeypatch, status=Status.BOUNCED)
    watched = staging.json(*TEN, "--bounces", "1", "--watch")["watched"]
    assert watched["streams"]["transactional"]["by_status"] == {"bounced": 10}
    assert (watched["under_way"], watched["otherwise"]) == (0, {})


def test_what_ends_otherwise_ends_the_command_so(staging: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    rows(staging, monkeypatch, status=Status.BOUNCED)
    result = staging.run(*TEN, "--watch")
    assert result.exit_code == 1
    assert "10 bounced (hard_bounce) instead of delivered" in result.stdout
    assert "transactional  10 bounced" in result.stdout


def test_nobody_waits_for_ever(staging: Deployed) -> None:
    watched = staging.json(*TEN, "--watch", "--watch-seconds", "1", code=1)["watched"]
    assert (watched["under_way"], watched["otherwise"]) == (10, {"still on its queue": 10})


@pytest.mark.parametrize(
    "given",
    [
        ("--rate", "inf", "--count", "3"),
        ("--rate", "inf", "--seconds", "1"),
        ("--rate", "1", "--seconds", "inf"),
        ("--rate", "nan", "--count", "3"),
    ],
)
def test_a_rate_or_a_time_without_end_is_refused(staging: Deployed, given: tuple[str, ...]) -> None:
    result = staging.run("load", "--yes", *given)
    assert result.exit_code == ExitCode.USAGE
    assert "Invalid value for" in result.stderr
    assert queued(staging) == []
