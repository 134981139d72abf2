"""docs/reference/command-line.md keeps up with the commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from postroad.cli.main import app
from postroad.cli.problem import ExitCode

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "command-line.md").read_text("utf-8")
PERMISSIONS = PAGE.partition("## Permissions")[2]


def commands() -> list[str]:
    root: Any = get_command(app)
    found = []
    for name, command in root.commands.items():
        below = getattr(command, "commands", {})
        found += [f"{name} {each}" for each in below] or [str(name)]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_described(command: str) -> None:
    assert re.search(rf"^\| `postroad {command}[` ]", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", [name for name in commands() if name != "local"])
def test_every_command_s_permissions_are_listed(command: str) -> None:
    rows = [line for line in PERMISSIONS.splitlines() if line.startswith("| `")]
    found = [row for row in rows if all(word in row.split("|")[1] for word in command.split())]
    assert found
    assert all(re.search(r"`[a-z]+:[A-Z][A-Za-z]+`", row) for row in found)


def test_every_exit_code_is_explained() -> None:
    codes = re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)
    assert [int(code) for code in codes] == list(ExitCode)
