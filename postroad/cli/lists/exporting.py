"""What every export of a list does: to standard output, or to a file that is written whole or not at all."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from postroad.cli.files import whole
from postroad.cli.lists.spreadsheet import escape_cell
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

Each = TypeVar("Each")

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        help="The file to write, whole or not at all; else standard output.",
        show_default=False,
    ),
]


class Writes(Protocol):
    """Writes the list, and returns how many there were of what, in order; `hidden` keeps progress unshown."""

    def __call__(self, stream: TextIO, *, hidden: bool) -> dict[str, int]:
        """Write it all."""
        ...


def check_output(output: Path | None, things: str, *, as_json: bool) -> None:
    """Raise Problem where the list and the JSON document would both go to standard output."""
    if as_json and output is None:
        raise Problem(
            f"--json says what was exported, and the {things} need a place of their own.",
            "Give --output, or leave --json out.",
            ExitCode.USAGE,
        )


def export_list(
    output: Path | None, write: Writes, *, say: Callable[[dict[str, int]], str], as_json: bool
) -> None:
    """Write a list to where it is wanted, and tell the counts: as JSON, or as `say` puts them."""
    if output is None:
        counts = write(sys.stdout, hidden=sys.stdout.isatty())
    else:
        with whole(output) as stream:
            counts = write(stream, hidden=as_json)
    if as_json:
        print_json({"output": str(output), **counts})
    else:
        where = f" in {output}" if output else ""
        typer.echo(f"{say(counts)}{where}", err=True)


def number_of(count: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many}"


class Cells:
    """Writes rows as CSV that a spreadsheet shows as it is, and `Records` reads back."""

    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        """Write the header."""
        self._plain = csv.writer(stream, lineterminator="\n")
        # The writer knows a line's end by its own alone, and leaves the others out of quotes.
        self._quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._plain.writerow(columns)

    def write(self, texts: Iterable[str]) -> None:
        """Write a row; a cell that a spreadsheet would run is marked."""
        cells = [escape_cell(text) for text in texts]
        (self._quoting if any("\r" in cell for cell in cells) else self._plain).writerow(cells)


def watched(pages: Iterable[list[Each]], *, hidden: bool) -> Iterator[Each]:
    """Yield what is on the pages, and show on standard error how many there were so far."""
    from postroad.cli.progress import bar  # noqa: PLC0415 - rich's bar takes a while to import

    count = 0
    with bar("exporting", None, hidden=hidden) as show:
        for page in pages:
            yield from page
            count += len(page)
            show(0, count)
