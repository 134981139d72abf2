"""Errors are two lines, what is wrong and what to do, and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)
from typer.testing import CliRunner

from postroad.cli.aws_errors import explain
from postroad.cli.main import app
from postroad.ledger.errors import LedgerUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.deployed import Deployed


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetItem")


@pytest.mark.parametrize(
    ("error", "what", "next_step"),
    [
        (refusal("ExpiredToken"), "expired", "Sign in again"),
        (refusal("UnrecognizedClientException"), "does not accept", "AWS_PROFILE"),
        (refusal("AccessDeniedException"), "denies GetItem", "role"),
        (refusal("ThrottlingException"), "GetItem failed with ThrottlingException", "Repeat"),
        (NoCredentialsError(), "No AWS credentials", "AWS_PROFILE"),
        (NoRegionError(), "No AWS Region", "AWS_DEFAULT_REGION"),
        (ProfileNotFound(profile="work"), "work", "AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="https://localhost:4566"), "4566", "postroad local status"),
        (BotoCoreError(), "unspecified error", "AWS settings"),
        (LedgerUnavailableError("DynamoDB is away"), "DynamoDB is away", "Repeat"),
    ],
)
def test_each_error_of_aws_says_what_to_do(error: Exception, what: str, next_step: str) -> None:
    problem = explain(error)
    assert problem is not None
    assert what in problem.what
    assert next_step in problem.next_step
    assert problem.code == 1


def test_the_cause_behind_an_adapter_s_error_is_what_is_told() -> None:
    error = LedgerUnavailableError("DynamoDB refused")
    error.__cause__ = refusal("ExpiredToken")
    problem = explain(error)
    assert problem is not None
    assert problem.what == "Your AWS credentials have expired."


def test_a_mistake_of_ours_is_not_explained_away(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert explain(KeyError("rows")) is None
    monkeypatch.setattr("postroad.ledger.dynamodb.from_item", None)
    deployed.session.client("dynamodb").put_item(
        TableName="messages", Item={"pk": {"S": "order-1042"}, "sk": {"S": "message"}}
    )
    assert isinstance(deployed.run("why", "order-1042").exception, TypeError)


def test_a_missing_table_is_two_lines_and_a_code(deployed: Deployed) -> None:
    deployed.session.client("dynamodb").delete_table(TableName="messages")
    result = deployed.run("why", "order-1042")
    assert result.exit_code == 1
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith("postroad: GetItem failed with ResourceNotFoundException")
    assert second.strip().startswith("next: ")
    assert deployed.json("why", "order-1042", code=1)["error"]["exit_code"] == 1


def test_a_stack_of_an_older_version_lacks_an_output(deployed: Deployed) -> None:
    del deployed.outputs["postroad-test-foundation"]["MessagesTable"]
    result = deployed.run("why", "order-1042")
    assert result.exit_code == 1
    assert "The stack postroad-test-foundation has no output MessagesTable." in result.stderr


def test_without_a_local_stack_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["queues"])
    assert result.exit_code == 3
    assert "The local stack is not running" in result.stderr
    assert "make up" in result.stderr


def test_the_stage_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTROAD_STAGE", "prod")
    result = CliRunner().invoke(app, ["dns"])
    assert "There is no config/prod.toml here." in result.stderr
