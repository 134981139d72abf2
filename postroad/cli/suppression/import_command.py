"""`postroad suppression import`: a CSV file of addresses that may not be mailed."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroad.cli.completing import complete_reasons, complete_scopes
from postroad.cli.confirming import confirm
from postroad.cli.files import open_list, refuse_same, size_text
from postroad.cli.operators import operator
from postroad.cli.options import JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.report import Problems, print_report
from postroad.cli.suppression.rows import WORDS, Defaults, RowReader, read_header
from postroad.cli.suppression.scopes import parse_scope
from postroad.contract.words import Reason
from postroad.suppression.model import ALL_STREAMS

if TYPE_CHECKING:
    from postroad.cli.suppression.csv_records import Source
    from postroad.cli.suppression.importing import Tally
    from postroad.cli.wiring import Wiring

EXAMPLES = (
    "postroad suppression import suppressed.csv --dry-run",
    "postroad --stage prod suppression import suppressed.csv --errors wrong.csv --yes",
    "postroad suppression import unsubscribed.csv --reason unsubscribed --scope stream:marketing",
)


def import_command(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="A CSV file with a header; `-` reads standard input.", show_default=False)
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row and say what would change; write nothing.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="Write the rows that are wrong to this CSV file.", show_default=False),
    ] = None,
    scope: Annotated[
        str,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="`all`, `stream:<name>` or `topic:<name>`, for rows without one.",
            autocompletion=complete_scopes,
        ),
    ] = ALL_STREAMS,
    reason: Annotated[
        str,
        typer.Option("--reason", help="The reason of rows without one.", autocompletion=complete_reasons),
    ] = Reason.MANUAL.value,
    email_column: Annotated[
        str | None,
        typer.Option(
            "--email-column", help="The column of addresses, if its name is not known.", show_default=False
        ),
    ] = None,
    reason_column: Annotated[
        str | None,
        typer.Option(
            "--reason-column", help="The column of reasons, if its name is not known.", show_default=False
        ),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=32, help="Requests at once.")] = 8,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop mail to every address of a CSV file. What stands already is kept; it can be run again.

    Ends with code 6 when rows are wrong; the others are done.
    """
    if reason not in [word.value for word in WORDS]:
        raise Problem(
            f"{reason!r} is no reason for a suppression.", f"Give one of: {', '.join(WORDS)}.", ExitCode.USAGE
        )
    default_scope = parse_scope(scope)
    chosen = {column: name for column, name in (("email", email_column), ("reason", reason_column)) if name}
    wiring = open_stage(context, stage)
    with ExitStack() as stack:
        source, name, size = open_list(file, stack)
        refuse_same(errors, file)
        problems = stack.enter_context(Problems(errors).open())
        if not dry_run:
            confirm(
                f"Suppress the addresses in {name} ({size_text(size)})?",
                wiring=wiring,
                yes=yes,
                as_json=as_json,
            )
        defaults = Defaults(
            name=name,
            scope=default_scope,
            reason=Reason(reason),
            source=operator(),
            now=datetime.now(UTC).replace(microsecond=0),
        )
        report = _run(
            wiring, source, size, defaults, chosen=chosen, problems=problems, threads=threads,
            dry_run=dry_run, as_json=as_json,
        )  # fmt: skip
    if as_json:
        print_json(report)
    else:
        print_report(report)
    if report["rows"]["invalid"]:
        raise typer.Exit(ExitCode.PARTLY)


def _run(
    wiring: Wiring, source: Source, size: int | None, defaults: Defaults, *, chosen: dict[str, str],
    problems: Problems, threads: int, dry_run: bool, as_json: bool,
) -> dict[str, Any]:  # fmt: skip
    from postroad.cli.progress import bar  # noqa: PLC0415 - rich's bar takes a while to import
    from postroad.cli.suppression.csv_records import Counted, Records  # noqa: PLC0415 - used here alone
    from postroad.cli.suppression.importing import Tally, carry  # noqa: PLC0415 - starts threads

    counted = Counted(source)
    records = iter(Records(counted))
    first = next(records, None)
    if first is None or first.wrong:
        raise Problem(
            f"{defaults.name} has no header: {first.wrong if first else 'it is empty'}.",
            "Begin the file with a row of column names such as `email,reason`.",
            ExitCode.USAGE,
        )
    header = read_header(first.cells, chosen=chosen)
    store = wiring.suppressions_for(threads)

    def check_stream(name: str) -> None:
        wiring.mail.stream_queue(name)  # the stack is asked for its queues only if a row names a stream

    reader = RowReader(header, defaults, recipient=wiring.recipient, check_stream=check_stream)
    tally = Tally()
    began = time.monotonic()
    try:
        with bar(f"{'checking' if dry_run else 'importing'} {defaults.name}", size, hidden=as_json) as show:
            carry(
                (reader.read(record) for record in records),
                store,
                tally=tally,
                threads=threads,
                write=not dry_run,
                on_problem=problems.add,
                on_progress=lambda: show(counted.taken, tally.rows),
            )
    except (Exception, KeyboardInterrupt) as error:
        raise _stopped(error, tally, dry_run=dry_run) from error
    seconds = time.monotonic() - began
    return {
        "file": defaults.name,
        "dry_run": dry_run,
        "rows": {name: count for name, count in asdict(tally).items() if name != "lifted_first"},
        "seconds": round(seconds, 3),
        "unused_columns": header.unused,
        "removed_before": [
            {"email": email, "scope": scope, "again": again} for email, scope, again in tally.lifted_first
        ],
        "errors": [asdict(each) for each in problems.first],
        "errors_file": str(problems.file) if problems.file else None,
    }


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
    done = tally.added + tally.standing
    counted = f"{done:,} addresses were {'checked' if dry_run else 'done'} before"
    again = "Run the command again: what stands already is skipped."
    return Problem(
        f"{problem.what} {counted}.",
        " ".join(part for part in (problem.next_step, again) if part),
        problem.code,
    )
