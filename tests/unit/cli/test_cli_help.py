from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from postroad.cli.main import app
from postroad.cli.reference import entries

COMMANDS = [tuple(entry.words.split()) for entry in entries() if entry.words and entry.does]
WITHOUT_A_STAGE = {"local", "preview", "template"}
HEAVY = (
    "boto3",
    "botocore",
    "postroad.configuration",
    "msgspec",
    "email_validator",
    "starlette",
    "uvicorn",
    "postroad.local.lifecycle",
    "jinja2",
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_has_an_example_and_the_common_options(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "120", "TERM": "dumb"})
    assert result.exit_code == 0
    _, _, after = result.stdout.partition("Example")
    assert "postroad" in after
    assert " ".join(words) in after
    assert "--json" in result.stdout
    assert ("--stage" in result.stdout) is (words[0] not in WITHOUT_A_STAGE)


def test_help_lists_every_command() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    for name in ("send", "why", "suppression", "stack", "dns", "queues", "preview", "template", "local"):
        assert f" {name} " in text


@pytest.mark.parametrize(
    "words", [(), ("why",), ("send",), ("suppression", "import"), ("queues",), ("preview",), ("local", "up")]
)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    code = (
        "import sys, typer.testing\n"
        "from postroad.cli.main import app\n"
        f"assert typer.testing.CliRunner().invoke(app, [*{words!r}, '--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    assert loaded.stdout.strip() == "[]"


def test_the_commands_of_the_local_stack_are_mounted() -> None:
    text = CliRunner().invoke(app, ["local", "--help"]).stdout
    for name in ("up", "down", "status"):
        assert f" {name} " in text
    assert "--install-completion" not in text


def test_a_mistyped_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["loacl"])
    assert result.exit_code == 2
    assert "local" in result.stderr
