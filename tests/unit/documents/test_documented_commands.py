"""Every command that a document shows exists, with its options; those that can run are run in tests/local."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer.main import get_command

from postroad.cli.main import app
from tests.aws_command import OF_THE_COMMAND_LINE_ITSELF, UnknownCommandError, read_call
from tests.documented import DOCUMENTS, Block, blocks, commands, name_of, words_of

SHELL = [block for page in DOCUMENTS for block in blocks(page, "sh", "console")]
ROOT_COMMAND: Any = get_command(app)


def calls(block: Block, program: str) -> list[list[str]]:
    return [words for shown in commands(block) for words in words_of(shown.command, program)]


def inline() -> list[tuple[str, list[str]]]:
    """Return the commands that stand in running text."""
    found = []
    for page in DOCUMENTS:
        prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        for span in re.findall(r"`([^`]+)`", prose):
            found += [(name_of(page), words) for words in words_of(" ".join(span.split()), "postroad")]
    return found


UNFINISHED = {"MissingParameter", "NoArgsIsHelpError", "BadOptionUsage"}


def parse(words: list[str], *, whole: bool) -> None:
    """Let typer read the words, down to the last command; a command in running text may leave things out."""
    command, context, rest = ROOT_COMMAND, None, list(words)
    while True:
        try:
            context = command.make_context(command.name, rest, parent=context)
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            if not hasattr(command, "commands"):
                return
            if not rest and (not whole or command.invoke_without_command):
                return
            _, command, rest = command.resolve_command(context, rest)
        except Exception as error:
            if not whole and type(error).__name__ in UNFINISHED:
                return
            raise AssertionError(f"postroad {' '.join(words)}: {error}") from error


@pytest.mark.parametrize("block", [block for block in SHELL if calls(block, "postroad")], ids=str)
def test_every_postroad_command_exists_with_its_options(block: Block) -> None:
    for words in calls(block, "postroad"):
        parse(words, whole=True)


@pytest.mark.parametrize(
    ("page", "words"), inline(), ids=lambda value: " ".join(value) if isinstance(value, list) else value
)
def test_every_postroad_command_in_running_text_exists(page: str, words: list[str]) -> None:
    assert page
    parse([word for word in words if word not in {"…", "..."}], whole=False)


def test_a_command_that_does_not_exist_is_found_out() -> None:
    for words in (["why", "--nonsense"], ["nonsense"], ["--stage", "prod", "send", "--too", "x"]):
        with pytest.raises(AssertionError):
            parse(words, whole=True)


@pytest.mark.parametrize("block", [block for block in SHELL if calls(block, "aws")], ids=str)
def test_every_aws_command_exists_with_its_options(block: Block) -> None:
    for words in calls(block, "aws"):
        options = OF_THE_COMMAND_LINE_ITSELF.get((words[0], words[1]))
        if options is None:
            read_call(words, files=False)
        else:
            assert {word for word in words if word.startswith("--")} <= options


def test_an_aws_option_that_does_not_exist_is_found_out() -> None:
    with pytest.raises(UnknownCommandError):
        read_call(["sqs", "send-message", "--queue", "x"])
