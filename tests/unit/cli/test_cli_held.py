from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroad.bodies.dynamodb import DynamoBodies
from postroad.bodies.errors import BodiesUnavailableError
from postroad.cli.wiring import Wiring
from postroad.configuration.retention import Retention, StatusRetention
from postroad.contract.parser import fingerprint, parse_message
from postroad.contract.words import Reason, Status
from postroad.ledger.row import REOPENED, Row
from postroad.redriving.errors import QueueUnavailableError
from postroad.redriving.sqs import SqsStreamQueue
from tests.unit.cli.deployed import NOON, Deployed, configure, make_row

pytestmark = pytest.mark.slow

QUEUES = {"transactional": "TransactionalQueueUrl", "order-updates": "OrderUpdatesQueueUrl"}


@pytest.fixture(autouse=True)
def _configured(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert deployed
    configure()
    monkeypatch.setattr("postroad.cli.operators.getpass.getuser", lambda: "ana")


def body_of(message_id: str, stream: str = "transactional") -> str:
    message = {
        "schema": "postroad.message.v1",
        "message_id": message_id,
        "created_at": "2025-11-22T12:00:00Z",
        "stream": stream,
        "template": "order_confirmation",
        "to": {"email": "ana.ruiz@example.com"},
    }
    return json.dumps(message)


def hold(
    deployed: Deployed,
    message_id: str,
    reason: Reason = Reason.RECIPIENT_NOT_ALLOWED,
    *,
    stream: str = "transactional",
    keep: bool = True,
    **fields: Any,  # noqa: ANN401  any field
) -> None:
    body = body_of(message_id, stream)
    values: dict[str, Any] = {
        "status": Status.HELD,
        "reason": reason,
        "stream": stream,
        "fingerprint": fingerprint(parse_message(body)),
        "ses_ids": {},
        "attempt": 0,
        "times": {"accepted": NOON, "held": NOON + timedelta(minutes=5)},
    }
    if reason in (Reason.UNKNOWN_OUTCOME, Reason.ATTEMPTS_EXHAUSTED):
        values |= {"attempt": 1, "owner": "run-1"}
    made = make_row(message_id, **{**values, **fields})
    assert deployed.ledger.insert(made) is None
    if keep:
        until = NOON + timedelta(days=28)
        deployed.bodies.put(message_id, made.fingerprint, body, first_sent=NOON, until=until)


def queued(deployed: Deployed, stream: str = "transactional") -> list[str]:
    answer = deployed.sqs.receive_message(
        QueueUrl=deployed.queue_urls[QUEUES[stream]], MaxNumberOfMessages=10
    )
    return sorted(json.loads(message["Body"])["message_id"] for message in answer.get("Messages", []))


def row_of(deployed: Deployed, message_id: str) -> Row:
    row = deployed.ledger.get(message_id)
    assert row is not None
    return row


def kept(deployed: Deployed, message_id: str) -> bool:
    return bool(deployed.bodies.of(message_id))


def actions(document: dict[str, Any]) -> dict[str, str]:
    return {each["message_id"]: each["why"] or each["action"] for each in document["messages"]}


def said(text: str) -> str:
    return " ".join(text.split())


# ---- list


def test_what_is_held_is_listed_with_what_it_means_and_what_to_do(deployed: Deployed) -> None:
    hold(deployed, "stranger")
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME, times={"held": NOON})
    hold(deployed, "elsewhere", Reason.BODY_LOST, stream="order-updates", keep=False)
    deployed.ledger.insert(make_row("arrived"))

    result = deployed.run("held", "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["unsure", "transactional", "unknown_outcome"],
        ["elsewhere", "order-updates", "body_lost"],
        ["stranger", "transactional", "recipient_not_allowed"],
    ]
    assert "2025-11-22 12:05:00 UTC" in lines[3]
    text = said(result.stdout)
    assert "`postroad held release unsure --despite-unknown-outcome`" in text
    assert "body_lost (1): Its body was lost while it waited" in text
    assert "arrived" not in text
    assert "ana.ruiz" not in text


def test_the_list_as_json_tells_each_message(deployed: Deployed) -> None:
    hold(deployed, "stranger")
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME)
    hold(deployed, "elsewhere", stream="order-updates")
    told = deployed.json("held", "list", "--stream", "transactional", "--reason", "unknown_outcome")
    (unsure,) = told["messages"]
    assert unsure | {"means": "", "next": ""} == {
        "message_id": "unsure",
        "stream": "transactional",
        "status": "held",
        "reason": "unknown_outcome",
        "detail": None,
        "since": "2025-11-22T12:05:00Z",
        "attempts": 1,
        "may_have_been_sent": True,
        "means": "",
        "next": "",
    }
    assert "Attempt 1 may have reached its recipient." in unsure["means"]
    assert told["more"] is False


def test_a_limit_says_that_there_are_more(deployed: Deployed) -> None:
    for number in range(3):
        hold(deployed, f"stranger-{number}")
    assert deployed.json("held", "list", "--limit", "2")["more"] is True
    text = said(deployed.run("held", "list", "--limit", "2").stdout)
    assert "There are more: --limit 2 ended the search." in text
    assert "recipient_not_allowed (2):" in text
    assert "`postroad held drop <message_id>`" in text


def test_nothing_held_is_no_error(deployed: Deployed) -> None:
    result = deployed.run("held", "list")
    assert (result.exit_code, result.stdout) == (0, "Nothing is held.\n")


def test_what_a_broken_off_release_left_is_listed_and_finished(deployed: Deployed) -> None:
    hold(deployed, "begun", status=Status.CLAIMED, times={"held": NOON, REOPENED: NOON})
    (begun,) = deployed.json("held", "list")["messages"]
    assert (begun["status"], begun["reason"]) == ("claimed", "reopened")
    assert "postroad held release begun" in begun["next"]
    assert "reopened (1): An operator re-opened it" in deployed.run("held", "list").stdout
    assert actions(deployed.json("held", "release", "--all", "--reason", "body_lost", "--yes")) == {
        "begun": "redriven"
    }
    assert queued(deployed) == ["begun"]


@pytest.mark.parametrize("command", [("list",), ("release", "--all")])
def test_a_stream_or_reason_that_there_is_not_is_told(deployed: Deployed, command: tuple[str, ...]) -> None:
    assert deployed.run("held", *command, "--stream", "nowhere").exit_code == 3
    result = deployed.run("held", *command, "--reason", "bad_luck")
    assert result.exit_code == 2
    assert "'bad_luck' is no reason." in result.stderr


# ---- release


def test_what_is_released_is_re_opened_in_the_operators_name_and_moves(deployed: Deployed) -> None:
    hold(deployed, "stranger")
    hold(deployed, "elsewhere", stream="order-updates")
    result = deployed.run("held", "release", "stranger", "elsewhere", "--yes")
    assert result.exit_code == 0, result.output
    assert "2 on the queue again." in result.stdout
    assert (queued(deployed), queued(deployed, "order-updates")) == (["stranger"], ["elsewhere"])
    row = row_of(deployed, "stranger")
    assert (row.status, row.owner) == (Status.CLAIMED, "")
    assert row.notes[0].startswith("re-opened by operator:ana on ")


def test_all_of_one_reason_are_released_and_no_others(deployed: Deployed) -> None:
    hold(deployed, "stranger")
    hold(deployed, "elsewhere", stream="order-updates")
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME)
    words = ("held", "release", "--all", "--reason", "recipient_not_allowed")
    assert actions(deployed.json(*words, "--dry-run")) == {
        "stranger": "would_redrive",
        "elsewhere": "would_redrive",
    }
    assert queued(deployed) == []
    told = deployed.json(*words, "--stream", "order-updates", "--yes")
    assert actions(told) == {"elsewhere": "redriven"}
    assert row_of(deployed, "stranger").status is Status.HELD
    assert row_of(deployed, "unsure").status is Status.HELD


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_OUTCOME, Reason.ATTEMPTS_EXHAUSTED])
def test_what_may_have_been_sent_needs_its_own_word_and_is_said_with_its_attempt(
    deployed: Deployed, interactive: None, reason: Reason
) -> None:
    assert interactive is None
    hold(deployed, "unsure", reason)
    told = deployed.run("held", "release", "unsure", "--yes")
    assert told.exit_code == 4
    assert "it may have been sent: find out first." in said(told.stdout)
    assert actions(deployed.json("held", "release", "--all", "--yes")) == {"unsure": "may_have_been_sent"}
    words = ("held", "release", "unsure", "--despite-unknown-outcome")
    asked = deployed.run(*words, given="n\n")
    assert asked.exit_code == 4
    assert "may have been sent already, and then arrives twice (attempt 1)" in said(asked.stdout)
    assert "It may have been sent already, and then arrives twice." in said(asked.stderr)
    assert queued(deployed) == []
    assert deployed.run(*words, given="y\n").exit_code == 0
    assert queued(deployed) == ["unsure"]


def test_what_is_not_held_is_left_alone(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row("arrived"))
    hold(deployed, "later", Reason.SEND_AT, status=Status.SCHEDULED)
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME, status=Status.CLAIMED)
    hold(deployed, "lost", Reason.BODY_LOST, keep=False)
    told = deployed.json(
        "held", "release", "arrived", "later", "unsure", "lost", "--despite-unknown-outcome", "--yes", code=4
    )
    assert actions(told) == {
        "arrived": "settled",
        "later": "scheduled",
        "unsure": "awaiting_evidence",
        "lost": "body_lost",
    }
    text = said(deployed.run("held", "release", "lost").stdout)
    assert "its body was lost: enqueue it again, under a new id, and drop this one" in text
    assert queued(deployed) == []


def test_a_message_that_is_nowhere_is_not_found(deployed: Deployed) -> None:
    hold(deployed, "stranger")
    told = deployed.json("held", "release", "nowhere", "stranger", "--yes", code=3)
    assert actions(told) == {"nowhere": "not_found", "stranger": "redriven"}


@pytest.mark.parametrize(
    "words",
    [(), ("m-1", "--all"), ("m-1", "--reason", "body_lost"), ("m-1", "--stream", "transactional")],
)
def test_words_that_mean_nothing_together_are_refused(deployed: Deployed, words: tuple[str, ...]) -> None:
    assert deployed.run("held", "release", *words).exit_code == 2


def test_what_is_not_finished_is_told_and_can_be_repeated(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(deployed, "stranger")
    put = SqsStreamQueue.put

    def fail(_: SqsStreamQueue, body: str, *, first_sent: datetime | None) -> None:
        assert (body, first_sent) == (body_of("stranger"), NOON)
        raise QueueUnavailableError("the queue can't be asked: ReadTimeoutError")

    monkeypatch.setattr(SqsStreamQueue, "put", fail)
    assert deployed.run("held", "release", "--all", "--yes").exit_code == 1
    monkeypatch.setattr(SqsStreamQueue, "put", put)
    assert deployed.run("held", "release", "--all", "--yes").exit_code == 0
    assert queued(deployed) == ["stranger"]


# ---- drop


def test_what_is_dropped_ends_in_the_operators_name_and_its_body_is_forgotten(deployed: Deployed) -> None:
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME)
    result = deployed.run("held", "drop", "unsure", "--yes")
    assert result.exit_code == 0, result.output
    assert "unsure is dropped." in result.stdout
    row = row_of(deployed, "unsure")
    assert (row.status, row.reason, row.owner) == (Status.CANCELLED, Reason.DROPPED_BY_OPERATOR, "")
    assert row.expires_at is not None
    assert timedelta(days=89) < row.expires_at - datetime.now(UTC) < timedelta(days=91)
    assert row.notes[0].startswith("dropped by operator:ana on ")
    assert row.notes[0].endswith("it was held (unknown_outcome), and attempt 1 may have been sent")
    assert not kept(deployed, "unsure")


def test_what_is_dropped_is_kept_as_long_as_what_is_cancelled(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "retentions", Retention(statuses=StatusRetention(cancelled=120)))
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME)
    assert deployed.run("held", "drop", "unsure", "--yes").exit_code == 0
    row = row_of(deployed, "unsure")
    assert row.expires_at is not None
    assert timedelta(days=119) < row.expires_at - datetime.now(UTC) < timedelta(days=121)
    assert deployed.json("held", "list")["messages"] == []
    told = deployed.run("why", "unsure").stdout
    assert "It was held, and an operator dropped it." in told
    assert "called off" in told


def test_what_is_not_held_is_not_dropped(deployed: Deployed) -> None:
    deployed.ledger.insert(make_row("arrived"))
    hold(deployed, "stranger")
    told = deployed.json("held", "drop", "arrived", "stranger", "--yes", code=4)
    assert actions(told) == {"arrived": "not_held", "stranger": "dropped"}
    assert row_of(deployed, "arrived").status is Status.DELIVERED
    text = said(deployed.run("held", "drop", "arrived", "nowhere").stdout)
    assert "arrived is left alone: it is not held, but delivered." in text
    assert "nowhere has not been seen yet." in text
    assert deployed.run("held", "drop", "nowhere").exit_code == 3


def test_nothing_is_dropped_before_somebody_says_so(deployed: Deployed, interactive: None) -> None:
    assert interactive is None
    hold(deployed, "stranger")
    hold(deployed, "unsure", Reason.UNKNOWN_OUTCOME)
    asked = deployed.run("held", "drop", "stranger", "unsure", given="n\n")
    assert asked.exit_code == 4
    assert "Drop 2 messages? Nothing sends them after that. 1 of them may have been sent already." in said(
        asked.stderr
    )
    assert actions(deployed.json("held", "drop", "stranger", "--dry-run")) == {"stranger": "would_drop"}
    assert deployed.json("held", "drop", "stranger", code=4)["error"]["exit_code"] == 4
    assert row_of(deployed, "stranger").status is Status.HELD
    asked = deployed.run("held", "drop", "unsure", given="y\n")
    assert "Drop 1 message? Nothing sends it after that. It may have been sent already." in said(asked.stderr)
    assert row_of(deployed, "unsure").status is Status.CANCELLED


@pytest.mark.parametrize("command", ["release", "drop"])
def test_without_a_terminal_and_a_yes_nothing_is_done(deployed: Deployed, command: str) -> None:
    hold(deployed, "stranger")
    assert deployed.run("held", command, "stranger").exit_code == 4
    assert row_of(deployed, "stranger").status is Status.HELD
    assert kept(deployed, "stranger")


@pytest.mark.parametrize("command", ["release", "drop"])
def test_the_wrong_account_is_never_touched(deployed: Deployed, command: str) -> None:
    hold(deployed, "stranger")
    configure(account="999999999999")
    assert deployed.run("held", command, "stranger", "--yes").exit_code == 5
    assert row_of(deployed, "stranger").status is Status.HELD


def test_a_body_that_could_not_be_forgotten_is_told_and_the_repetition_forgets_it(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(deployed, "stranger")
    hold(deployed, "other")
    delete = DynamoBodies.delete

    def fail(bodies: DynamoBodies, message_id: str, mark: str) -> None:
        if message_id == "stranger":
            raise BodiesUnavailableError("a kept body can't be reached: ReadTimeoutError")
        delete(bodies, message_id, mark)

    monkeypatch.setattr(DynamoBodies, "delete", fail)
    result = deployed.run("held", "drop", "stranger", "other", "--yes")
    assert result.exit_code == 6
    assert "stranger is not finished: it is dropped, and its body is kept" in said(result.stdout)
    assert row_of(deployed, "stranger").status is Status.CANCELLED
    monkeypatch.setattr(DynamoBodies, "delete", delete)
    assert "stranger was dropped before." in deployed.run("held", "drop", "stranger", "--yes").stdout
    assert not kept(deployed, "stranger")
