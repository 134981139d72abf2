"""`postroad suppression export`: every suppression as CSV, in the form that `import` reads."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.files import whole
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.spreadsheet import escape_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

COLUMNS = ("email", "scope", "reason", "source", "since", "until", "evidence")
EXAMPLES = (
    "postroad --stage prod suppression export --output suppressed.csv",
    "postroad suppression export | grep complaint",
)


def export_command(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="The file to write, whole or not at all; else standard output.",
            show_default=False,
        ),
    ] = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every suppression as CSV, a row for each scope, as `import` reads it. The history stays here."""
    if as_json and output is None:
        raise Problem(
            "--json says what was exported, and the rows need a place of their own.",
            "Give --output, or leave --json out.",
            ExitCode.USAGE,
        )
    wiring = open_stage(context, stage)
    if output is None:
        addresses, rows = write_rows(wiring.suppressions, sys.stdout, hidden=sys.stdout.isatty())
    else:
        with whole(output) as stream:
            addresses, rows = write_rows(wiring.suppressions, stream, hidden=as_json)
    if as_json:
        print_json({"output": str(output), "addresses": addresses, "rows": rows})
    else:
        where = f" in {output}" if output else ""
        counted = f"{_count(rows, 'row', 'rows')} of {_count(addresses, 'address', 'addresses')}"
        typer.echo(f"{counted}{where}", err=True)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def write_rows(store: SuppressionStore, stream: TextIO, *, hidden: bool) -> tuple[int, int]:
    """Write the header and all rows, and return how many addresses and rows there were."""
    from postroad.cli.progress import bar  # noqa: PLC0415 - see there

    writer = csv.writer(stream, lineterminator="\n")
    # The writer knows a line's end by its own alone, and leaves the others out of quotes.
    quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    addresses = rows = 0
    with bar("exporting", None, hidden=hidden) as show:
        for page in store.pages():
            for suppression in page:
                for cells in as_rows(suppression):
                    (quoting if any("\r" in cell for cell in cells) else writer).writerow(cells)
                    rows += 1
            addresses += len(page)
            show(0, rows)
    return addresses, rows


def as_rows(suppression: Suppression) -> Iterator[tuple[str, ...]]:
    """Yield a row for each scope of an address, by `COLUMNS`."""
    for scope, entry in sorted(suppression.scopes.items()):
        texts = (
            suppression.email, scope, entry.reason.value, entry.source,
            _time(entry.since), _time(entry.until), entry.evidence,
        )  # fmt: skip
        yield tuple(escape_cell(text) for text in texts)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
