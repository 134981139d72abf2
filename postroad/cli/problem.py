"""What a command says when it can't do what it was asked: what is wrong, what to do next, an exit code."""

from enum import IntEnum
from typing import Self

import typer


class ExitCode(IntEnum):
    """The exit codes of every command. The sentences are those of docs/reference/command-line.md."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> Self:
        """Make a code with its sentence."""
        code = int.__new__(cls, number)
        code._value_ = number
        code.meaning = meaning
        return code

    OK = 0, "done"
    FAILED = 1, "failed: the first line says what is wrong, the second what to do next"
    USAGE = 2, "the words of the command can't be used"
    NOT_FOUND = 3, "not found. For `why`: Postroad has not taken the message from its queue yet"
    REFUSED = 4, "refused: what the contract or the state of things forbids, or what was not confirmed"
    WRONG_ACCOUNT = 5, "the credentials are not of the account that the stage is in; nothing was touched"
    PARTLY = 6, "done in part: the rest is listed with its reasons, and the command can be repeated"
    INTERRUPTED = 130, "interrupted (Ctrl-C)"


class Problem(Exception):  # noqa: N818 - an operator reads it; it is the sentence, not a programming error
    """Ends a command: `what` is wrong in one line, `next_step` what to do about it in one line."""

    def __init__(self, what: str, next_step: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.code = code


def report(problem: Problem, *, as_json: bool) -> None:
    """Print a problem: two lines on standard error, or one JSON document on standard output."""
    from postroad.cli.output import as_json_text, clean  # noqa: PLC0415 - rich, only if something is wrong

    if as_json:
        error = {"what": problem.what, "next": problem.next_step, "exit_code": int(problem.code)}
        typer.echo(as_json_text({"error": error}))
        return
    what = "\n".join(clean(line) for line in problem.what.splitlines())
    typer.secho(f"postroad: {what}", err=True, fg="red")
    typer.echo(f"    next: {clean(problem.next_step)}", err=True)
