"""`postroad contact import`: a CSV or JSON Lines file of contacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from postroad.cli.contact.report import WORDS
from postroad.cli.contact.rows import Reader, read_header
from postroad.cli.contact.saying import Topics
from postroad.cli.lists.importing import (
    Asked,
    Begun,
    CheckOption,
    ErrorsOption,
    ThreadsOption,
    header_of,
    import_list,
)
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.cli.contact.importing import Done
    from postroad.cli.contact.saying import Said
    from postroad.cli.lists.csv_records import Counted
    from postroad.cli.lists.problems import RowProblem

EXAMPLES = (
    "postroad contact import customers.csv --dry-run",
    "postroad --stage prod contact import customers.jsonl --errors wrong.csv --yes",
)
Format = Literal["csv", "jsonl"]
JSON_ENDINGS = frozenset({".jsonl", ".ndjson"})
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", help="`csv` or `jsonl`, where the file's name doesn't say it.", show_default=False
    ),
]


def format_of(chosen: str | None, file: str) -> Format:
    """Return the format of a file; raises Problem if there is no such format."""
    if chosen is None:
        return "jsonl" if Path(file).suffix.lower() in JSON_ENDINGS else "csv"
    if chosen == "csv":
        return "csv"
    if chosen == "jsonl":
        return "jsonl"
    raise Problem(f"{chosen!r} is no format.", "Give --format csv or jsonl.", ExitCode.USAGE)


def import_command(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            help="A CSV file with a header, or JSON Lines; `-` reads standard input.", show_default=False
        ),
    ],
    *,
    dry_run: CheckOption = False,
    errors: ErrorsOption = None,
    form: FormatOption = None,
    threads: ThreadsOption = 8,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and update contacts. What a row doesn't mention stays, and whoever is suppressed stays so.

    Ends with code 6 when rows are wrong; the others are done.
    """
    chosen = format_of(form, file)
    wiring = open_stage(context, stage)

    def begin(counted: Counted, name: str) -> Begun[Said, Done]:
        from postroad.cli.contact.importing import Stores, Tally  # noqa: PLC0415 - needs the stores' modules

        now = utcnow()
        reader = Reader(
            name=name, source=operator(), topics=Topics(wiring.topics, now), recipient=wiring.recipient
        )
        rows, unused = _lines(reader, counted) if chosen == "jsonl" else _rows(reader, counted, name)
        stores = Stores(
            wiring.contacts_for(threads), wiring.suppressions_for(threads), wiring.leaving_for(threads),
            stream_of_topic={name: topic.stream for name, topic in wiring.topics.items()}, now=now,
            write=not dry_run,
        )  # fmt: skip
        return Begun(rows, unused, stores.take, Tally())

    asked = Asked(file, dry_run=dry_run, errors=errors, threads=threads, yes=yes, as_json=as_json)
    import_list(wiring, asked, WORDS, begin)


def _lines(reader: Reader, counted: Counted) -> tuple[Iterator[Said | RowProblem], list[str]]:
    from postroad.cli.lists.json_lines import numbered_lines  # noqa: PLC0415 - used here alone

    return (reader.line(number, line) for number, line in numbered_lines(counted)), []


def _rows(reader: Reader, counted: Counted, name: str) -> tuple[Iterator[Said | RowProblem], list[str]]:
    from postroad.cli.lists.csv_records import Records  # noqa: PLC0415 - used here alone

    records = iter(Records(counted))
    header = read_header(header_of(records, name, such_as="email,name,topics").cells)
    return (reader.row(header, record) for record in records), header.unused
