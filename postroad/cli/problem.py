"""What a command says when it can't do what it was asked: what is wrong, what to do next, an exit code."""

import json
from enum import IntEnum

import typer


class ExitCode(IntEnum):
    """The exit codes of every command; documented in docs/reference/command-line.md."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4


class Problem(Exception):  # noqa: N818 - an operator reads it; it is the sentence, not a programming error
    """Ends a command: `what` is wrong in one line, `next_step` what to do about it in one line."""

    def __init__(self, what: str, next_step: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.code = code


def report(problem: Problem, *, as_json: bool) -> None:
    """Print a problem: two lines on standard error, or one JSON document on standard output."""
    if as_json:
        error = {"what": problem.what, "next": problem.next_step, "exit_code": int(problem.code)}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False, indent=2))
        return
    typer.secho(f"postroad: {problem.what}", err=True, fg="red")
    typer.echo(f"    next: {problem.next_step}", err=True)
