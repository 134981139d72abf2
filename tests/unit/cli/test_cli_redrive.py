from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from postroad.contract.parser import fingerprint, parse_message
from postroad.contract.words import Reason, Status
from postroad.records import FIRST_SENT
from postroad.redriving.errors import QueueUnavailableError
from postroad.redriving.sqs import SqsStreamQueue
from tests.unit.cli.deployed import ACCOUNT, NOON, Deployed, configure, make_row

pytestmark = pytest.mark.slow

WORDS = ("queues", "redrive", "--stream", "transactional")
DEAD = "TransactionalDeadLetterQueueUrl"


@pytest.fixture(autouse=True)
def _configured(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert deployed
    configure()
    monkeypatch.setattr("postroad.cli.operators.getpass.getuser", lambda: "ana")


def body_of(message_id: str) -> str:
    message = {
        "schema": "postroad.message.v1",
        "message_id": message_id,
        "created_at": "2025-11-22T12:00:00Z",
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com"},
    }
    return json.dumps(message)


def row(deployed: Deployed, message_id: str, status: Status, reason: str = "", **fields: Any) -> None:  # noqa: ANN401  any field
    mark = fingerprint(parse_message(body_of(message_id)))
    made = make_row(message_id, status=status, reason=reason, fingerprint=mark, ses_ids={}, **fields)
    assert deployed.ledger.insert(made) is None


def refused(deployed: Deployed, message_id: str, reason: str = "template_data") -> None:
    row(deployed, message_id, Status.INVALID, reason, attempt=0)
    letter(deployed, body_of(message_id), reason)


def letter(deployed: Deployed, body: str, reason: str) -> None:
    deployed.sqs.send_message(
        QueueUrl=deployed.queue_urls[DEAD],
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
    )


def held(deployed: Deployed, message_id: str, reason: Reason) -> None:
    unknown = {"owner": "run-1"} if reason is Reason.UNKNOWN_OUTCOME else {"attempt": 0}
    row(deployed, message_id, Status.HELD, reason, **unknown)
    keep(deployed, message_id)


def keep(deployed: Deployed, message_id: str) -> None:
    mark = fingerprint(parse_message(body_of(message_id)))
    until = NOON + timedelta(days=28)
    deployed.bodies.put(message_id, mark, body_of(message_id), first_sent=NOON, until=until)


def messages(deployed: Deployed, output: str) -> list[dict[str, Any]]:
    answer = deployed.sqs.receive_message(
        QueueUrl=deployed.queue_urls[output], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [dict(message) for message in answer.get("Messages", [])]


def actions(document: dict[str, Any]) -> dict[str, str]:
    return {each["message_id"]: each["why"] or each["action"] for each in document["messages"]}


def fill(deployed: Deployed) -> None:
    refused(deployed, "bad")
    held(deployed, "doubtful", Reason.UNKNOWN_OUTCOME)
    held(deployed, "stranger", Reason.RECIPIENT_NOT_ALLOWED)
    row(deployed, "arrived", Status.DELIVERED)
    letter(deployed, body_of("arrived"), "template_data")
    letter(deployed, "no JSON", "not_json")


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(deployed: Deployed) -> None:
    fill(deployed)
    for _ in range(2):
        told = actions(deployed.json(*WORDS, "--dry-run"))
        (unreadable,) = (message_id for message_id in told if message_id.startswith("!"))
        assert told.pop(unreadable) == "unreadable"
        assert told == {
            "bad": "would_redrive",
            "stranger": "would_redrive",
            "doubtful": "may_have_been_sent",
            "arrived": "settled",
        }
    assert messages(deployed, "TransactionalQueueUrl") == []
    assert len(messages(deployed, DEAD)) == 3


def test_what_can_be_is_sent_again_in_the_operators_name(deployed: Deployed) -> None:
    fill(deployed)
    told = deployed.json(*WORDS, "--yes")
    fields = "action dead_letters kept may_have_been_sent message_id reason status what why"
    assert sorted(told["messages"][-1]) == fields.split()
    assert actions(told)["bad"] == actions(told)["stranger"] == "redriven"
    moved = messages(deployed, "TransactionalQueueUrl")
    assert sorted(each["Body"] for each in moved) == [body_of("bad"), body_of("stranger")]
    assert all(FIRST_SENT in each["MessageAttributes"] for each in moved)
    assert sorted(each["Body"] for each in messages(deployed, DEAD)) == ["no JSON", body_of("arrived")]
    opened = deployed.ledger.get("stranger")
    assert opened is not None
    assert (opened.status, opened.owner) == (Status.CLAIMED, "")
    assert opened.notes[0].startswith("re-opened by operator:ana on ")
    why = deployed.run("why", "stranger").stdout
    assert "re-opened by an operator" in why
    assert "it was held (recipient_not_allowed)" in why


def test_a_person_reads_what_is_done_and_what_is_not(deployed: Deployed) -> None:
    fill(deployed)
    result = deployed.run(*WORDS, "--yes")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "to be sent again" in text
    assert "doubtful held unknown_outcome it may have been sent: find out first." in text
    assert "arrived delivered template_data it has ended since: delivered" in text
    assert "body is not JSON" in text
    assert "2 on the queue again." in text
    assert "ana.ruiz" not in text


def test_what_may_have_been_sent_needs_its_own_word_and_is_said_in_the_question(
    deployed: Deployed, interactive: None
) -> None:
    assert interactive is None
    held(deployed, "doubtful", Reason.UNKNOWN_OUTCOME)
    words = (*WORDS, "--message-id", "doubtful")
    assert deployed.run(*words, "--yes").exit_code == 4
    result = deployed.run(*words, "--despite-unknown-outcome", given="n\n")
    assert result.exit_code == 4
    assert "may have been sent already, and then arrives twice" in result.stderr
    assert f"account {ACCOUNT}" in result.stderr
    assert messages(deployed, "TransactionalQueueUrl") == []
    assert deployed.run(*words, "--despite-unknown-outcome", given="y\n").exit_code == 0
    (moved,) = messages(deployed, "TransactionalQueueUrl")
    assert moved["Body"] == body_of("doubtful")


def test_what_ses_refused_for_good_is_sent_again_only_if_it_is_named(
    deployed: Deployed, interactive: None
) -> None:
    assert interactive is None
    row(deployed, "refused", Status.FAILED, Reason.MESSAGE_REJECTED)
    keep(deployed, "refused")
    result = deployed.run(*WORDS, "--yes")
    assert result.exit_code == 0
    assert "If that is mended, name it with --message-id" in " ".join(result.stdout.split())
    assert actions(deployed.json(*WORDS, "--reason", "message_rejected", "--yes")) == {
        "refused": "refused_by_ses"
    }
    assert messages(deployed, "TransactionalQueueUrl") == []
    for words in (("--message-id", "refused"), ("--status", "failed")):
        asked = deployed.run(*WORDS, *words, given="n\n")
        assert asked.exit_code == 4
        assert "Send 1 message again? SES refused it for good." in " ".join(asked.stderr.split())
    assert deployed.run(*WORDS, "--status", "failed", given="y\n").exit_code == 0
    assert len(messages(deployed, "TransactionalQueueUrl")) == 1


def test_what_goes_on_by_itself_is_counted_and_told_if_it_is_named(deployed: Deployed) -> None:
    waiting: dict[str, Any] = {"generation": 1, "due": NOON + timedelta(days=1)}
    row(deployed, "later", Status.SCHEDULED, Reason.SEND_AT, attempt=0, **waiting)
    row(deployed, "unsure", Status.CLAIMED, Reason.UNKNOWN_OUTCOME, owner="run-1", **waiting)
    for message_id in ("later", "unsure"):
        keep(deployed, message_id)
    told = deployed.run(*WORDS).stdout
    assert "2 wait for their time, or for SES's events to decide them" in told
    assert "later" not in told
    named = (*WORDS, "--message-id", "later", "--message-id", "unsure", "--despite-unknown-outcome")
    told = " ".join(deployed.run(*named).stdout.split())
    assert "later scheduled send_at it waits for its time, 2025-11-23 12:00:00 UTC" in told
    assert "unsure claimed unknown_outcome its answer was lost: SES's events decide" in told
    assert actions(deployed.json(*named, code=4)) == {"later": "scheduled", "unsure": "awaiting_evidence"}


def test_without_a_yes_nothing_is_done(deployed: Deployed) -> None:
    refused(deployed, "bad")
    assert deployed.run(*WORDS).exit_code == 4
    assert deployed.json(*WORDS, code=4)["error"]["exit_code"] == 4
    assert len(messages(deployed, DEAD)) == 1


def test_a_message_that_is_nowhere_is_not_found(deployed: Deployed) -> None:
    result = deployed.run(*WORDS, "--message-id", "nowhere")
    assert result.exit_code == 3
    assert "not seen yet" in " ".join(result.stdout.split())


def test_nothing_to_do_is_no_error(deployed: Deployed) -> None:
    result = deployed.run(*WORDS)
    assert (result.exit_code, result.stdout) == (0, "Nothing is to be sent again.\n")


def test_the_limit_says_that_there_is_more(deployed: Deployed) -> None:
    for number in range(3):
        refused(deployed, f"bad-{number}")
    assert deployed.json(*WORDS, "--limit", "2", "--dry-run")["more"] is True
    assert "Repeat the command" in deployed.run(*WORDS, "--limit", "2", "--yes").stdout
    assert len(messages(deployed, "TransactionalQueueUrl")) == 2


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--message-id", "a", "--status", "held"), "--message-id names messages"),
        (("--reason", "bad_luck"), "'bad_luck' is no reason."),
    ],
)
def test_words_that_can_t_be_used_are_told(deployed: Deployed, words: tuple[str, ...], wrong: str) -> None:
    result = deployed.run(*WORDS, *words)
    assert result.exit_code == 2
    assert wrong in result.stderr


def test_what_stands_before_the_command_below_is_passed_on_or_refused(deployed: Deployed) -> None:
    result = deployed.run("queues", "--stage", "nowhere", "redrive", "--stream", "transactional")
    assert result.exit_code == 3
    assert "postroad-nowhere-" in result.stderr
    misplaced = deployed.run("queues", "--stream", "transactional", "redrive", "--stream", "transactional")
    assert misplaced.exit_code == 2
    assert "Write it behind" in misplaced.stderr
    assert json.loads(deployed.run("queues", "--json", *WORDS[1:], "--dry-run").stdout)["messages"] == []


def test_the_wrong_account_is_never_touched(deployed: Deployed) -> None:
    refused(deployed, "bad")
    configure(account="999999999999")
    assert deployed.run(*WORDS, "--yes").exit_code == 5
    assert len(messages(deployed, DEAD)) == 1


@pytest.mark.parametrize(("taken", "code"), [(0, 1), (1, 6)])
def test_what_is_not_finished_is_told_and_can_be_repeated(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, taken: int, code: int
) -> None:
    for number in range(2):
        refused(deployed, f"bad-{number}")
    put = SqsStreamQueue.put
    done: list[str] = []

    def fail(queue: SqsStreamQueue, body: str, *, first_sent: datetime | None) -> None:
        if len(done) >= taken:
            raise QueueUnavailableError("the queue can't be asked: ReadTimeoutError")
        done.append(body)
        put(queue, body, first_sent=first_sent)

    monkeypatch.setattr(SqsStreamQueue, "put", fail)
    result = deployed.run(*WORDS, "--yes")
    assert result.exit_code == code
    assert "is not finished: the queue can't be asked: ReadTimeoutError. Repeat the command." in result.stdout
    monkeypatch.setattr(SqsStreamQueue, "put", put)
    assert deployed.run(*WORDS, "--yes").exit_code == 0
    assert len(messages(deployed, "TransactionalQueueUrl")) == 2
