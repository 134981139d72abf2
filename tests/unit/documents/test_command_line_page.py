"""docs/reference/command-line.md is written from the commands and committed: it must not fall behind."""

from __future__ import annotations

import re

import pytest

from postroad.cli.permissions import PERMISSIONS
from postroad.cli.problem import ExitCode
from postroad.cli.reference import PAGE, Entry, entries, page

COMMANDS = [entry for entry in entries() if entry.words and entry.does]


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m postroad.cli.reference`"


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.words)
def test_every_command_is_on_the_page_with_its_options_and_examples(entry: Entry) -> None:
    text = page()
    assert f"| [`postroad {entry.words}`](#postroad-{entry.words.replace(' ', '-')}) |" in text
    section = text.partition(f"\n## postroad {entry.words}\n")[2].partition("\n## ")[0]
    for parameter in entry.command.params:
        if parameter.param_type_name == "option":
            assert f"| `{parameter.opts[0]}` |" in section
    assert entry.examples
    assert all(line in section for line in entry.examples)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.words or "postroad")
def test_every_command_and_group_shows_an_example_of_itself(entry: Entry) -> None:
    assert entry.examples
    name = entry.words.partition(" ")[0]
    assert all("postroad" in line and name in line for line in entry.examples)


def test_every_command_s_permissions_are_listed() -> None:
    assert list(PERMISSIONS) == [entry.words for entry in COMMANDS]
    actions = [action for asked in PERMISSIONS.values() for _, some in asked for action in some]
    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z]+", action) for action in actions)


def test_every_exit_code_is_explained() -> None:
    codes = re.findall(r"^\| (\d+) \| \S", page(), re.MULTILINE)
    assert [int(code) for code in codes] == list(ExitCode)
    assert all(code.meaning for code in ExitCode)
