"""A command never acts on a wrong account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from typer.testing import CliRunner

from postroad.cli.account import Caller, check_caller, only_reads
from postroad.cli.main import app
from postroad.cli.options import Invocation
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.wiring import Wiring
from postroad.names import LOCAL_STAGE
from tests.unit.cli.deployed import ACCOUNT, ANA, REGION, STAGE, Deployed, configure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

pytestmark = pytest.mark.slow

OTHER = "210987654321"
COMMANDS = (
    ("why", "order-1042"),
    ("suppression", "list"),
    ("suppression", "add", ANA),
    ("suppression", "remove", ANA, "--yes"),
    ("send", "--template", "order_confirmation", "--to", ANA),
    ("queues",),
    ("dns",),
)


def run(deployed: Deployed, *words: str) -> Result:
    """Run without --account."""
    invocation = Invocation(session=deployed.session)
    return CliRunner().invoke(app, ["--stage", STAGE, *words], obj=invocation)


@pytest.fixture
def asked(deployed: Deployed) -> Iterator[list[str]]:
    calls: list[str] = []

    def note(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore has no types of its own
        calls.append(f"{model.service_model.service_name}:{model.name}")

    deployed.session.events.register("before-call", note)
    yield calls
    deployed.session.events.unregister("before-call", note)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_is_asked_of_a_stage_in_another_account(
    deployed: Deployed, asked: list[str], words: tuple[str, ...]
) -> None:
    configure(OTHER)
    asked.clear()
    result = run(deployed, *words)
    assert result.exit_code == ExitCode.WRONG_ACCOUNT
    assert OTHER in result.stderr
    assert ACCOUNT in result.stderr
    assert f"AWS_PROFILE to a profile of account {OTHER}" in result.stderr
    assert asked == ["sts:GetCallerIdentity"]


def test_the_configured_account_is_worked_on(deployed: Deployed) -> None:
    configure(ACCOUNT)
    assert run(deployed, "suppression", "add", ANA).exit_code == 0
    assert run(deployed, "suppression", "list").exit_code == 0


def test_without_a_configuration_a_stage_may_be_looked_at(deployed: Deployed) -> None:
    assert run(deployed, "suppression", "list").exit_code == 0
    assert run(deployed, "queues").exit_code == 0


@pytest.mark.parametrize(
    "words", [("suppression", "add", ANA), ("send", "--template", "order_confirmation", "--to", ANA)]
)
def test_without_a_configuration_nothing_is_changed_unless_the_account_is_named(
    deployed: Deployed, words: tuple[str, ...]
) -> None:
    refused = run(deployed, *words)
    assert refused.exit_code == ExitCode.WRONG_ACCOUNT
    assert f"There is no config/{STAGE}.toml" in refused.stderr.replace("there", "There")
    assert f"--account {ACCOUNT}" in refused.stderr
    assert run(deployed, "--account", ACCOUNT, *words).exit_code == 0


def test_a_named_account_is_compared_too(deployed: Deployed, asked: list[str]) -> None:
    asked.clear()
    result = run(deployed, "--account", OTHER, "suppression", "list")
    assert result.exit_code == ExitCode.WRONG_ACCOUNT
    assert asked == ["sts:GetCallerIdentity"]
    assert run(deployed, "--account", "12", "suppression", "list").exit_code == ExitCode.USAGE
    configure(ACCOUNT)
    contradicted = run(deployed, "--account", OTHER, "suppression", "list")
    assert contradicted.exit_code == ExitCode.WRONG_ACCOUNT
    assert f"config/{STAGE}.toml says {ACCOUNT}" in contradicted.stderr


def test_the_partition_of_the_region_is_compared() -> None:
    caller = Caller(ACCOUNT, f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/operator/ana")
    with pytest.raises(Problem, match="partition aws,") as caught:
        check_caller(caller, expected=ACCOUNT, expected_by="", stage=STAGE, region=REGION, partition="aws")
    assert caught.value.code is ExitCode.WRONG_ACCOUNT


def test_the_local_stage_is_in_the_emulated_account() -> None:
    assert Wiring(LOCAL_STAGE).require_account() == "000000000000"


@pytest.mark.parametrize(
    ("operation", "reads"),
    [
        ("GetItem", True),
        ("BatchGetItem", True),
        ("ReceiveMessage", True),
        ("DescribeStacks", True),
        ("PutItem", False),
        ("TransactWriteItems", False),
        ("SendMessage", False),
        ("DeleteMessage", False),
        ("UpdateItem", False),
    ],
)
def test_what_changes_something_is_known_by_its_name(operation: str, *, reads: bool) -> None:
    assert only_reads(operation) is reads


@pytest.mark.parametrize("stage", ["", "../test", "brand-new", "PROD", "a b", "test\n"])
def test_what_is_no_stage_s_name_never_stands_for_another_one(deployed: Deployed, stage: str) -> None:
    for result in (
        deployed.run("suppression", "list", "--stage", stage),
        deployed.run("queues", "--stage", stage, "redrive", "--stream", "transactional"),
        deployed.run("suppression", "list", stage=stage),
    ):
        assert result.exit_code == ExitCode.USAGE
        assert "is no stage's name" in result.stderr


@pytest.mark.usefixtures("deployed")
def test_without_a_region_it_is_said_how_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("none").absolute()))
    nowhere = Invocation(session=boto3.session.Session())
    result = CliRunner().invoke(app, ["--stage", STAGE, "--account", ACCOUNT, "queues"], obj=nowhere)
    assert result.exit_code == ExitCode.FAILED
    assert "No AWS Region is set." in result.stderr
