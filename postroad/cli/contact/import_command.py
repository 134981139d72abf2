"""`postroad contact import`: a CSV or JSON Lines file of contacts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from postroad.cli.confirming import confirm
from postroad.cli.contact.report import print_report
from postroad.cli.contact.rows import Reader, read_header
from postroad.cli.contact.saying import Topics
from postroad.cli.files import open_list, refuse_same, size_text
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.report import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.cli.contact.importing import Tally
    from postroad.cli.contact.saying import Said
    from postroad.cli.suppression.csv_records import Counted, Source
    from postroad.cli.suppression.rows import RowProblem
    from postroad.cli.wiring import Wiring

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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row and say what would change; write nothing.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="Write the rows that are wrong to this CSV file.", show_default=False),
    ] = None,
    form: FormatOption = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=32, help="Requests at once.")] = 8,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and update contacts. What a row doesn't mention stays, and whoever is suppressed stays so.

    Ends with code 6 when rows are wrong; the others are done.
    """
    chosen = format_of(form, file)
    wiring = open_stage(context, stage)
    with ExitStack() as stack:
        source, name, size = open_list(file, stack, kind="CSV or JSON Lines")
        refuse_same(errors, file)
        problems = stack.enter_context(Problems(errors).open())
        if not dry_run:
            confirm(
                f"Import the contacts in {name} ({size_text(size)})?", wiring=wiring, yes=yes, as_json=as_json
            )
        report = _run(
            wiring, source, name, size, form=chosen, problems=problems, threads=threads, dry_run=dry_run,
            as_json=as_json,
        )  # fmt: skip
    if as_json:
        print_json(report)
    else:
        print_report(report)
    if report["rows"]["invalid"]:
        raise typer.Exit(ExitCode.PARTLY)


def _run(
    wiring: Wiring, source: Source, name: str, size: int | None, *, form: Format, problems: Problems,
    threads: int, dry_run: bool, as_json: bool,
) -> dict[str, Any]:  # fmt: skip
    from postroad.cli.contact.importing import Stores, Tally, carry  # noqa: PLC0415 - starts threads
    from postroad.cli.progress import bar  # noqa: PLC0415 - rich's bar takes a while to import
    from postroad.cli.suppression.csv_records import Counted  # noqa: PLC0415 - used here alone

    now = datetime.now(UTC)
    reader = Reader(
        name=name, source=operator(), topics=Topics(wiring.topics, now), recipient=wiring.recipient
    )
    counted = Counted(source)
    rows, unused = _lines(reader, counted) if form == "jsonl" else _rows(reader, counted, name)
    stores = Stores(
        wiring.contacts_for(threads), wiring.suppressions_for(threads), wiring.leaving_for(threads),
        now=now, write=not dry_run,
    )  # fmt: skip
    tally = Tally()
    began = time.monotonic()
    try:
        with bar(f"{'checking' if dry_run else 'importing'} {name}", size, hidden=as_json) as show:
            carry(
                rows,
                stores,
                tally=tally,
                threads=threads,
                on_problem=problems.add,
                on_progress=lambda: show(counted.taken, tally.rows),
            )
    except (Exception, KeyboardInterrupt) as error:
        raise _stopped(error, tally, dry_run=dry_run) from error
    return {
        "file": name,
        "dry_run": dry_run,
        "rows": asdict(tally),
        "seconds": round(time.monotonic() - began, 3),
        "unused_columns": unused,
        "errors": [asdict(each) for each in problems.first],
        "errors_file": str(problems.file) if problems.file else None,
    }


def _lines(reader: Reader, counted: Counted) -> tuple[Iterator[Said | RowProblem], list[str]]:
    from postroad.cli.contact.lines import numbered_lines  # noqa: PLC0415 - used here alone

    return (reader.line(number, line) for number, line in numbered_lines(counted)), []


def _rows(reader: Reader, counted: Counted, name: str) -> tuple[Iterator[Said | RowProblem], list[str]]:
    from postroad.cli.suppression.csv_records import Records  # noqa: PLC0415 - used here alone

    records = iter(Records(counted))
    first = next(records, None)
    if first is None or first.wrong:
        raise Problem(
            f"{name} has no header: {first.wrong if first else 'it is empty'}.",
            "Begin the file with a row of column names such as `email,name,topics`.",
            ExitCode.USAGE,
        )
    header = read_header(first.cells)
    return (reader.row(header, record) for record in records), header.unused


def _stopped(error: BaseException, tally: Tally, *, dry_run: bool) -> Problem:
    """Say how far it came; what is wrong itself is told in the words of each error."""
    from postroad.cli.aws_errors import explain  # noqa: PLC0415 - see open_stage

    if isinstance(error, KeyboardInterrupt):
        problem = Problem("Interrupted.", "", ExitCode.INTERRUPTED)
    elif isinstance(error, Problem):
        problem = error
    else:
        found = explain(error) if isinstance(error, Exception) else None
        if found is None:
            raise error
        problem = found
    done = tally.added + tally.updated + tally.unchanged
    counted = f"{done:,} contacts were {'checked' if dry_run else 'done'} before"
    again = "Run the command again: what is the same is skipped."
    return Problem(
        f"{problem.what} {counted}.",
        " ".join(part for part in (problem.next_step, again) if part),
        problem.code,
    )
