"""Erased on the deployed stack: the address is nowhere, no list brings it back, a purchase is mailed."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.contract.words import Reason, Status
from postroad.local.connection import connection
from tests.local_stack import PROJECT, LocalStack, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.ledger.row import Row

RAW_EVENTS = "events/"
"""They expire by lifecycle, and no replay of them writes an address of the erased."""


@pytest.fixture(autouse=True)
def _folder_of_the_stack(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").symlink_to(stack.state.folder)
    (tmp_path / "config").symlink_to(PROJECT / "config")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POSTROAD_STAGE", raising=False)


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def answer(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json"))
    return found


class Person:
    """Somebody with an address of their own, and all the ways in which they can be mailed."""

    def __init__(self, stack: LocalStack, what: str) -> None:
        self.stack = stack
        self.what = f"{what}-{token_hex(4)}"
        self.email = f"{what}.{token_hex(4)}@example.com"

    def enqueue(self, stream: str = "Marketing", **changes: object) -> str:
        message = self.stack.message(
            self.what,
            **{
                "stream": stream.lower(),
                "to": {"email": self.email, "name": "Ana Ruiz"},
                "template": None,
                "data": None,
                "content": {"subject": "News", "text": "News.", "html": "<html><body>News.</body></html>"},
                "tags": {"campaign": "spring", "customer": self.email.partition("@")[0]},
                **({"topic": "product_updates"} if stream == "Marketing" else {}),
                **changes,
            },
        )
        self.stack.enqueue(message, stream=stream)
        return str(message["message_id"])

    def end(self, message_id: str) -> Row:
        return self.stack.wait_for_end(message_id)


def held(stack: LocalStack) -> Iterator[tuple[str, str]]:
    """Yield all that tables, buckets (but for raw events) and logs hold, with the name of the place."""
    for table in stack.dynamodb.list_tables()["TableNames"]:
        for page in stack.dynamodb.get_paginator("scan").paginate(TableName=table):
            yield table, repr(page["Items"])
    for bucket in stack.s3.list_buckets()["Buckets"]:
        for objects in stack.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for each in objects.get("Contents", []):
                if each["Key"].startswith(RAW_EVENTS):
                    continue
                data = stack.s3.get_object(Bucket=bucket["Name"], Key=each["Key"])["Body"].read()
                text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
                yield bucket["Name"], each["Key"] + text.decode(errors="replace")
    logs = boto3.client("logs", **connection(stack.state))
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for events in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield name, repr([event["message"] for event in events["events"]])
    logs.close()


def where(stack: LocalStack, word: str) -> set[str]:
    """Return where an address, or its part before the @, is held. Bodies are told by their packed bytes."""
    return {place for place, text in held(stack) if word in text}


def test_an_erased_person_is_nowhere_and_stays_so(stack: LocalStack) -> None:
    ana = Person(stack, "erased")
    name = ana.email.partition("@")[0]
    run("contact", "add", ana.email, "--name", "Ana Ruiz", "--topic", "product_updates=granted")
    run("suppression", "add", ana.email, "--scope", "topic:offers")
    delivered = ana.end(ana.enqueue())
    assert delivered.status is Status.DELIVERED
    assert ana.end(ana.enqueue(topic="offers")).status is Status.SUPPRESSED
    refused = ana.enqueue("Transactional", template="no_such_template", content=None, data={})
    assert ana.end(refused).status is Status.INVALID
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    large = {"subject": "Later", "text": token_hex(350_000), "html": "<html><body>L.</body></html>"}
    waiting = [ana.enqueue(send_at=tomorrow), ana.enqueue(send_at=tomorrow, content=large)]
    for message_id in waiting:
        stack.wait_for(message_id, Status.SCHEDULED)
    stack.wait_until_quiet()
    assert {stack.outputs[f"{table}Table"] for table in ("Messages", "Contacts", "Suppressions")} <= where(
        stack, name
    )
    exported = answer("contact", "export", ana.email)
    assert len(exported["messages"]) == 5
    assert sum(message["body"] is not None for message in exported["messages"]) >= 2

    proof = answer("contact", "erase", ana.email, "--yes")["proof"]

    assert proof["complete"], proof
    assert {what: count for what, count in proof["counts"].items() if count} == {
        "messages": 5, "cancelled": 2, "bodies": 2, "profile": 1, "consents_kept": 1, "suppression_lines": 1,
    }  # fmt: skip
    assert where(stack, name) == set()
    for message_id in waiting:
        row = stack.ledger.get(message_id)
        assert row is not None
        assert (row.status, row.reason, row.email) == (Status.CANCELLED, Reason.ERASED, "")

    # Somebody imports an old list, and the next campaign goes to it.
    with Path("list.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["email", "name"], [ana.email, "Ana Ruiz"]])
    run("contact", "import", "list.csv", "--yes")
    Path("list.csv").unlink()
    stopped = ana.end(ana.enqueue())
    assert (stopped.status, stopped.reason) == (Status.SUPPRESSED, Reason.ERASED)
    assert stack.mails_of(stopped.message_id) == []
    stack.wait_until_quiet()
    assert where(stack, name) == set()

    assert answer("contact", "erase", "--proof", proof["erasure"]) == proof
    receipt = ana.end(ana.enqueue("Transactional"))
    assert (receipt.status, receipt.email) == (Status.DELIVERED, ana.email)


def test_a_complaint_after_the_erasure_writes_no_address(stack: LocalStack) -> None:
    bo = Person(stack, "complainer")
    delivered = bo.end(bo.enqueue())
    key = delivered.address_key
    stack.wait_until_quiet()
    assert answer("contact", "erase", bo.email, "--yes")["proof"]["complete"]

    stack.inbox.report(delivered.ses_message_id, "complaint")

    def complained() -> dict[str, Any] | None:
        found = stack.suppression(key)
        entry = found["scopes"]["M"]["all"]["M"] if found else {}
        return found if entry.get("reason", {}).get("S") == Reason.COMPLAINT else None

    item = patiently(complained, lambda: "the complaint to suppress")
    stack.wait_until_quiet()
    assert item["email"] == {"S": ""}
    assert where(stack, bo.email.partition("@")[0]) == set()
    assert bo.end(bo.enqueue()).status is Status.SUPPRESSED
    run("suppression", "remove", bo.email, "--scope", "all", "--acknowledge-complaint", "a mistake", "--yes")
    assert bo.end(bo.enqueue()).reason == Reason.ERASED
