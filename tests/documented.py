"""What the documents show: their fenced blocks, and the commands in them."""

from __future__ import annotations

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "templates").rglob("*.md")),
)

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?")
_LOOP = re.compile(r"^\s*(?:for|while|if)\b")
_LOOP_END = re.compile(r"(?:^|;|\n)\s*(?:done|fi)\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands, its language, its text, and the line of prose before it."""

    page: Path
    line: int
    language: str
    text: str
    before: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def file(self) -> str:
        """The file that the prose says this is, or an empty text."""
        named = re.search(r"`([\w-]+\.(?:json|mjs))`[^.]*:$", self.before)
        return named[1] if named else ""


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the page's blocks in order, of these languages or of all; one within a list is moved left."""
    text = page.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(text):
        if languages and match["language"] not in languages:
            continue
        line = text.count("\n", 0, match.start()) + 1
        paragraph = text[: match.start()].rstrip().rpartition("\n\n")[2]
        inside = textwrap.dedent(match["text"])
        found.append(Block(page, line, match["language"], inside, " ".join(paragraph.split())))
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A command with the lines that a console block shows below it."""

    command: str
    lines: tuple[str, ...] = ()


def commands(block: Block) -> list[Shown]:
    """Return the block's commands, each whole: with its continued lines, quotes, loop or here-document."""
    if block.language == "console":
        return list(_console(block.text))
    return [Shown(command) for command in _split(block.text)]


def _console(text: str) -> Iterator[Shown]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield Shown(command, tuple(line for line in lines if line.strip()))


def _split(text: str) -> Iterator[str]:
    pending: list[str] = []
    for line in text.splitlines():
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        pending.append(line)
        command = "\n".join(pending)
        if _is_whole(command):
            yield command
            pending = []
    if pending:
        raise AssertionError(f"a command that does not end: {pending}")


def _is_whole(command: str) -> bool:
    first, *rest = command.splitlines()
    if heredoc := _HEREDOC.search(first):
        return rest[-1:] == [heredoc[1]]
    if command.endswith("\\"):
        return False
    if _LOOP.match(command) and not _LOOP_END.search(command):
        return False
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


_INNER = re.compile(r"\$\(([^()]*)\)")
_FILLED_IN = re.compile(r"<([a-z_-]+)>")
"""`<stage>`: what a reader writes something else for."""
_CONTINUED = re.compile(r"\\\n")
_SOME_VALUE = "2026-11-22T14:03:11Z"


def words_of(command: str, program: str) -> list[list[str]]:
    """Return the words of each call of `program` within a command, `$(…)` and pipes looked into."""
    command = _FILLED_IN.sub(r"\1", _CONTINUED.sub(" ", command))
    outer = _INNER.sub(_SOME_VALUE, command)
    return [words for text in (*_INNER.findall(command), outer) for words in _calls(text, program)]


def _calls(command: str, program: str) -> list[list[str]]:
    calls = []
    for found in re.finditer(rf"(?:^|[|(;&\n]|\bdo\b|\s\.venv/bin/)\s*{program}\s", command):
        rest = command[found.end() :]
        lexer = shlex.shlex(rest, posix=True, punctuation_chars="|;&()<>\n")
        lexer.whitespace = " \t"
        lexer.whitespace_split = True
        words: list[str] = []
        for word in lexer:
            if set(word) <= set("|;&()<>\n"):
                break
            words.append(word)
        calls.append(words)
    return calls
