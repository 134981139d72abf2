"""How a command takes its words, and how it tells of those that it can't use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.cli.options import Invocation
from postroad.cli.output import as_json_text
from postroad.cli.problem import ExitCode, Problem, report
from tests.unit.cli.deployed import ACCOUNT, ANA, STAGE

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed


def test_json_may_be_asked_for_before_the_command(deployed: Deployed) -> None:
    words = ["--stage", STAGE, "--account", ACCOUNT, "--json"]
    invocation = Invocation(session=deployed.session)
    for command in (["queues"], ["suppression", "list"], ["stack", "outputs"]):
        result = CliRunner().invoke(app, [*words, *command], obj=invocation)
        assert result.exit_code == 0
        assert isinstance(json.loads(result.stdout), dict)
    refused = CliRunner().invoke(app, [*words, "suppression", "remove", ANA], obj=invocation)
    assert json.loads(refused.stdout)["error"]["exit_code"] == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["why", "--nope", "--json"], "No such option"),
        (["--json", "why", "--limit", "many", "--to", ANA], "--limit"),
        (["--json", "suppression", "add"], "email"),
        (["--json", "loacl"], "No such command"),
        (["--json", "suppression", "remov"], "No such command"),
        (["--json"], "Missing command"),
        (["--json", "suppression"], "Missing command"),
        (["--json", "local"], "Missing command"),
        (["--json", "local", "status", "--nope"], "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors_are_json_where_json_is_asked_for(words: list[str], what: str) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == ExitCode.USAGE
    error = json.loads(result.stdout)["error"]
    assert what in error["what"]
    assert "--help" in error["next"]
    assert error["exit_code"] == ExitCode.USAGE


def test_help_is_help_also_beside_json() -> None:
    result = CliRunner().invoke(app, ["why", "--json", "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_commands_of_the_local_stack_tell_problems_as_all_others_do(
    deployed: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spoiled")
    (folder / "state.json").write_text("{", encoding="utf-8")
    told = deployed.json("local", "status", "--folder", str(folder), code=ExitCode.FAILED)
    assert "state.json can't be read" in told["error"]["what"]
    assert f"remove {folder / 'state.json'}" in told["error"]["next"]


def test_a_spoiled_state_of_the_local_stack_is_told_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".local").mkdir()
    Path(".local", "state.json").write_text("{", encoding="utf-8")
    result = CliRunner().invoke(app, ["queues"])
    assert result.exit_code == ExitCode.FAILED
    assert "state.json can't be read" in result.stderr
    assert "next: If nothing of it runs, remove " in result.stderr


@pytest.mark.parametrize("message_id", ["", "a b", "x" * 129, "a\x1b[31m", "!", "ü"])
@pytest.mark.parametrize(
    "command",
    [
        ("why",),
        ("held", "release"),
        ("held", "drop", "order-1042"),
        ("schedule", "cancel", "order-1042"),
        ("queues", "redrive", "--stream", "transactional", "--message-id"),
    ],
    ids=" ".join,
)
def test_what_is_no_message_id_is_told_before_anything_is_asked(
    deployed: Deployed, message_id: str, command: tuple[str, ...]
) -> None:
    result = deployed.run(*command, message_id)
    assert result.exit_code == ExitCode.USAGE
    assert "is no message id" in result.stderr
    assert "\x1b[31m" not in result.stderr


def test_the_id_of_a_refusal_is_one(deployed: Deployed) -> None:
    assert deployed.run("why", "!0f8fad5b-d9cb-469f-a165-70867728950e").exit_code == ExitCode.NOT_FOUND


@pytest.mark.parametrize("note", ["x" * 2001, "a\x1b[31m"])
def test_a_note_is_text_of_some_length(deployed: Deployed, note: str) -> None:
    result = deployed.run("suppression", "add", ANA, "--note", note)
    assert result.exit_code == ExitCode.USAGE
    assert "2,000 characters" in result.stderr
    assert deployed.run("suppression", "add", ANA, "--note", "x" * 2000).exit_code == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_of_a_problem_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    report(Problem("No \x1b[2J\x9b1m such\nid", "Try \x07 again"), as_json=as_json)
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\x07"} & set(out + err)
    if as_json:
        assert json.loads(out)["error"]["what"] == "No \x1b[2J\x9b1m such\nid"
    else:
        assert "such\nid" in err


def test_json_says_exactly_what_there_is_and_prints_safely() -> None:
    document = {"a": "señal \x1b\x7f\x9b \u202e \U000e0001 \ud800"}
    text = as_json_text(document)
    assert json.loads(text) == document
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert "señal" in text
