"""`postroad suppression import`: a CSV file of addresses that may not be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.completing import complete_reasons, complete_scopes
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
from postroad.cli.suppression.report import WORDS
from postroad.cli.suppression.rows import REASONS, Defaults, RowReader, read_header
from postroad.cli.suppression.scopes import parse_scope
from postroad.clock import utcnow
from postroad.contract.words import Reason
from postroad.suppression.model import ALL_STREAMS, NewSuppression

if TYPE_CHECKING:
    from postroad.cli.lists.csv_records import Counted
    from postroad.cli.suppression.importing import Done

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
    dry_run: CheckOption = False,
    errors: ErrorsOption = None,
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
    threads: ThreadsOption = 8,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop mail to every address of a CSV file. What stands already is kept; it can be run again.

    Ends with code 6 when rows are wrong; the others are done.
    """
    if reason not in [word.value for word in REASONS]:
        raise Problem(
            f"{reason!r} is no reason for a suppression.",
            f"Give one of: {', '.join(REASONS)}.",
            ExitCode.USAGE,
        )
    default_scope = parse_scope(scope)
    chosen = {column: name for column, name in (("email", email_column), ("reason", reason_column)) if name}
    wiring = open_stage(context, stage)

    def check_stream(name: str) -> None:
        wiring.mail.stream_queue(name)  # the stack is asked for its queues only if a row names a stream

    def begin(counted: Counted, name: str) -> Begun[NewSuppression, Done]:
        from postroad.cli.lists.csv_records import Records  # noqa: PLC0415 - used here alone
        from postroad.cli.suppression.importing import Tally, suppressing  # noqa: PLC0415 - as above

        defaults = Defaults(
            name=name,
            scope=default_scope,
            reason=Reason(reason),
            source=operator(),
            now=utcnow().replace(microsecond=0),
        )
        records = iter(Records(counted))
        header = read_header(header_of(records, name, such_as="email,reason").cells, chosen=chosen)
        reader = RowReader(header, defaults, recipient=wiring.recipient, check_stream=check_stream)
        take = suppressing(wiring.suppressions_for(threads), write=not dry_run)
        return Begun((reader.read(record) for record in records), header.unused, take, Tally())

    asked = Asked(file, dry_run=dry_run, errors=errors, threads=threads, yes=yes, as_json=as_json)
    import_list(wiring, asked, WORDS, begin)
