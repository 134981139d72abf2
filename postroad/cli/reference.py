"""Writes docs/reference/command-line.md from the commands: `python -m postroad.cli.reference`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from postroad.cli import reference_texts as texts
from postroad.cli.main import LateGroup, app
from postroad.cli.permissions import PERMISSIONS
from postroad.cli.problem import ExitCode
from postroad.cli.suppression.rows import COLUMNS, REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path("docs/reference/command-line.md")


@dataclass(frozen=True, slots=True)
class Entry:
    """One command, as typer built it. `words` stand after `postroad`."""

    words: str
    command: Any
    context: Any

    @property
    def does(self) -> bool:
        """Say whether it does something itself: a group merely holds commands."""
        return not hasattr(self.command, "commands") or bool(self.command.invoke_without_command)

    @property
    def help(self) -> str:
        """Return its whole help text, one paragraph a line."""
        return str(self.command.help or "")

    @property
    def examples(self) -> list[str]:
        """Return its example lines."""
        epilog = (self.command.epilog or "").split("\n\n")
        return [line for line in epilog[1:] if line]


def entries() -> list[Entry]:
    """Return every command and group, in the order of the help; the first is `postroad` itself."""
    root: Any = get_command(app)
    context = root.make_context("postroad", [], resilient_parsing=True)
    return [Entry("", root, context), *_below(root, context)]


def _below(group: Any, context: Any) -> Iterator[Entry]:  # noqa: ANN401 - typer's click is no public type
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, LateGroup):
            command = command.load()
        own = type(context)(command, info_name=name, parent=context)
        yield Entry(own.command_path.removeprefix("postroad "), command, own)
        if hasattr(command, "commands"):
            yield from _below(command, own)


def page() -> str:
    """Return the text of the page."""
    root, *below = entries()
    commands = [entry for entry in below if entry.does]
    overview = [
        f"| [`postroad {each.words}`](#{_anchor(each)}) | {_cell(_first(each))} |" for each in commands
    ]
    codes = [f"| {code.value} | {_cell(code.meaning)} |" for code in ExitCode]
    return "".join(
        (
            texts.INTRODUCTION,
            "\n| command | what it does |\n|---|---|\n",
            *(f"{line}\n" for line in overview),
            "\n`--help` of each has examples. Before every command may stand:\n\n",
            _options(root),
            texts.ACCOUNT,
            texts.JSON,
            *(f"{line}\n" for line in codes),
            texts.MORE,
            _columns(),
            texts.LISTS,
            _permissions(),
            *(_section(each) for each in commands),
        )
    )


def _section(entry: Entry) -> str:
    words = [piece for piece in entry.command.collect_usage_pieces(entry.context) if piece != "[OPTIONS]"]
    arguments = [word for word in words if "COMMAND" not in word]
    required = [
        record[0].split(",")[-1].strip()
        for parameter in entry.command.get_params(entry.context)
        if parameter.param_type_name == "option" and parameter.required
        and (record := parameter.get_help_record(entry.context))
    ]  # fmt: skip
    synopsis = " ".join(["postroad", entry.words, *arguments, *required, "[options]"])
    paragraphs = [" ".join(part.split()) for part in entry.help.split("\n\n")]
    return "\n".join(
        (
            f"\n## postroad {entry.words}\n",
            *(f"{_cell(paragraph)}\n" for paragraph in paragraphs),
            f"```\n{synopsis}\n```\n",
            _options(entry),
            "```sh",
            *entry.examples,
            "```\n",
        )
    )


def _options(entry: Entry) -> str:
    rows = []
    for parameter in entry.command.get_params(entry.context):
        record = parameter.get_help_record(entry.context)
        if record is None or record[0] == "--help":
            continue
        name, value = _name_and_value(record[0])
        meaning, default = _meaning_and_default(record[1])
        rows.append(f"| `{name}` | {value} | {default} | {_cell(meaning)} |")
    return "\n".join(("| word | value | default | meaning |", "|---|---|---|---|", *rows, ""))


def _name_and_value(text: str) -> tuple[str, str]:
    name, _, value = text.partition(" ")
    value = value.strip("<>")
    plain = {
        "str": "text",
        "list[str]": "text, repeatable",
        "int": "number",
        "int range": "number",
        "float": "number",
        "float range": "number",
        "path": "file",
    }
    if value.startswith("list["):
        return name, plain.get(value, "repeatable")
    return name, plain.get(value, f"`{value.replace('|', '` or `')}`" if value else "")


def _meaning_and_default(text: str) -> tuple[str, str]:
    """Take typer's note apart: `[env var: X; default: y; 1<=x<=100; required]`."""
    found = re.fullmatch(r"(.*?)(?:\s+\[([^\]]*)\])?", text, re.DOTALL)
    meaning, notes = (found.group(1), found.group(2)) if found else (text, None)
    default = ""
    for note in (notes or "").split("; "):
        kind, _, value = note.partition(": ")
        if kind == "default":
            default = f"`{value}`"
        elif kind == "env var":
            meaning += f" Also by the variable `{value}`."
        elif kind == "required":
            default = "required"
        elif note:
            meaning += f" {_range(note)}."
    return meaning, default


def _range(note: str) -> str:
    low, high = re.match(r"([\d.]+)<=x", note), re.search(r"x<=([\d.]+)", note)
    if high and low:
        return f"{low.group(1)} to {high.group(1)}"
    least = re.search(r"x>=([\d.]+)", note)
    return f"{least.group(1)} or more" if least else note


def _columns() -> str:
    meanings = {
        "email": "the address",
        "scope": "`all`, `stream:<name>` or `topic:<name>`; else that of `--scope`",
        "reason": "one of the words below; else that of `--reason`",
        "source": "who or what did it; else you",
        "since": "when; else now",
        "until": "when it ends by itself; else never",
        "evidence": "what proves it",
        "note": "what to add to it",
        "address_key": "the key of an address that is not known, as an export has it",
    }
    columns = [
        f"| `{name}` | {meanings[name]} | {', '.join(f'`{alias}`' for alias in aliases[1:])} |"
        for name, aliases in COLUMNS.items()
    ]
    words = [
        f"| `{reason}` | {', '.join(f'`{alias}`' for alias in aliases)} |"
        for reason, aliases in REASONS.items()
    ]
    return "\n".join(
        (
            "| column | holds | also known as |", "|---|---|---|", *columns,
            "\nCase, blanks, `_` and `-` make no difference, here and in reasons:\n",
            "| reason | also known as |", "|---|---|", *words, "",
        )
    )  # fmt: skip


def _permissions() -> str:
    rows = [
        f"| `{command}` | {'; '.join(_asked(when, actions) for when, actions in asked)} |"
        for command, asked in PERMISSIONS.items()
        if asked
    ]
    return texts.PERMISSIONS + "".join(f"{row}\n" for row in rows)


def _asked(when: str, actions: tuple[str, ...]) -> str:
    return f"{when} {', '.join(f'`{action}`' for action in actions)}".strip()


def _anchor(entry: Entry) -> str:
    return f"postroad-{entry.words.replace(' ', '-')}"


def _first(entry: Entry) -> str:
    return " ".join(entry.help.split("\n\n")[0].split())


def _cell(text: str) -> str:
    # What stands between backquotes is shown as it is; elsewhere `<` would begin a tag.
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
