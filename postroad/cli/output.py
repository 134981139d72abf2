"""How commands print: a table, lines, or one JSON document. Pure but for the printing itself."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH_OF_A_PIPE = 200
"""Columns when no terminal reads along: ids and addresses stay on one line for grep."""


def console() -> Console:
    """Return where tables go: the terminal's width if there is one."""
    width = None if sys.stdout.isatty() else WIDTH_OF_A_PIPE
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def clean(text: str) -> str:
    """Return the text without control characters: what others write must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a plain table. Long words fold: an id that is cut off can't be copied."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) for cell in row))
    return made


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console().print(table(columns, rows))


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(clean(line))


def print_json(document: Mapping[str, Any]) -> None:
    """Print one document: times in ISO 8601 (UTC, `Z`), dataclasses as objects."""
    typer.echo(as_json_text(document))


def as_json_text(document: Mapping[str, Any]) -> str:
    """Return one document as text, in which whatever can't be printed is escaped."""
    text = json.dumps(document, default=_plain, ensure_ascii=False, indent=2)
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1] if ord(letter) > 0x7F else f"\\u{ord(letter):04x}"  # noqa: PLR2004 - ASCII's last


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
