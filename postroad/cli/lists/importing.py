"""What every import of a list does: open it, ask, carry its rows, and tell what became of them.

A capability says how its rows are read, what is done with a hundred of them, and in which words it speaks.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from postroad.cli.confirming import confirm
from postroad.cli.files import open_list, refuse_same, size_text
from postroad.cli.lists.problems import Problems
from postroad.cli.lists.reporting import report_lines
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from postroad.cli.lists.carrying import Tally
    from postroad.cli.lists.csv_records import Counted, Record
    from postroad.cli.lists.problems import RowProblem
    from postroad.cli.lists.reporting import Words
    from postroad.cli.wiring import Wiring

Row = TypeVar("Row")
Done = TypeVar("Done")

CheckOption = Annotated[
    bool, typer.Option("--dry-run", help="Check every row and say what would change; write nothing.")
]
ErrorsOption = Annotated[
    Path | None,
    typer.Option("--errors", help="Write the rows that are wrong to this CSV file.", show_default=False),
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=32, help="Requests at once.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words of an import say, whatever it imports."""

    file: str
    dry_run: bool
    errors: Path | None
    threads: int
    yes: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Begun(Generic[Row, Done]):
    """A list that is open: its rows, the columns that nothing is taken from, and where a batch goes."""

    rows: Iterable[Row | RowProblem]
    unused: list[str]
    take: Callable[[list[Row]], Done]
    tally: Tally[Done]


def import_list(
    wiring: Wiring, asked: Asked, words: Words, begin: Callable[[Counted, str], Begun[Row, Done]]
) -> None:
    """Import a list; `begin` is given its bytes and name once it is open and nobody objects.

    Raises Problem where it can't be read or ends early, and typer.Exit with code 6 where rows are wrong.
    """
    from postroad.cli.lists.csv_records import Counted  # noqa: PLC0415 - used here alone

    with ExitStack() as stack:
        source, name, size = open_list(asked.file, stack, kind=words.formats)
        refuse_same(asked.errors, asked.file)
        problems = stack.enter_context(Problems(asked.errors).open())
        if not asked.dry_run:
            question = f"{words.question} {name} ({size_text(size)})?"
            confirm(question, wiring=wiring, yes=asked.yes, as_json=asked.as_json)
        counted = Counted(source)
        begun = begin(counted, name)
        report = _run(asked, words, begun, counted, problems, name=name, size=size)
    if asked.as_json:
        print_json(report)
    else:
        print_lines(report_lines(report, words))
    if report["rows"]["invalid"]:
        raise typer.Exit(ExitCode.PARTLY)


def header_of(records: Iterator[Record], name: str, *, such_as: str) -> Record:
    """Take the header; raises Problem where the list `name` has none. `such_as` shows one."""
    first = next(records, None)
    if first is None or first.wrong:
        raise Problem(
            f"{name} has no header: {first.wrong if first else 'it is empty'}.",
            f"Begin the file with a row of column names such as `{such_as}`.",
            ExitCode.USAGE,
        )
    return first


def _run(
    asked: Asked, words: Words, begun: Begun[Row, Done], counted: Counted, problems: Problems, *, name: str,
    size: int | None,
) -> dict[str, Any]:  # fmt: skip
    from postroad.cli.lists.carrying import carry  # noqa: PLC0415 - starts threads
    from postroad.cli.progress import bar  # noqa: PLC0415 - rich's bar takes a while to import

    tally = begun.tally
    began = time.monotonic()
    try:
        with bar(
            f"{'checking' if asked.dry_run else 'importing'} {name}", size, hidden=asked.as_json
        ) as show:
            carry(
                begun.rows,
                begun.take,
                tally=tally,
                threads=asked.threads,
                on_problem=problems.add,
                on_progress=lambda: show(counted.taken, tally.rows),
            )
    except (Exception, KeyboardInterrupt) as error:
        raise _stopped(error, tally.done, words, dry_run=asked.dry_run) from error
    return {
        "file": name,
        "dry_run": asked.dry_run,
        **tally.report(),
        "seconds": round(time.monotonic() - began, 3),
        "unused_columns": begun.unused,
        "errors": [asdict(each) for each in problems.first],
        "errors_file": str(problems.file) if problems.file else None,
    }


def _stopped(error: BaseException, done: int, words: Words, *, dry_run: bool) -> Problem:
    """Say how far it came; what is wrong itself is told in the words of each error."""
    from postroad.cli.aws_errors import explain  # noqa: PLC0415 - see open_stage

    if isinstance(error, KeyboardInterrupt):
        problem: Problem | None = Problem("Interrupted.", "", ExitCode.INTERRUPTED)
    elif isinstance(error, Problem):
        problem = error
    else:
        problem = explain(error) if isinstance(error, Exception) else None
    if problem is None:
        raise error
    counted = f"{done:,} {words.things} were {'checked' if dry_run else 'done'} before"
    again = f"Run the command again: {words.skipped}."
    return Problem(
        f"{problem.what} {counted}.",
        " ".join(part for part in (problem.next_step, again) if part),
        problem.code,
    )
