"""Words of a command that can't be used, told as every other problem is."""

from __future__ import annotations

from postroad.cli.problem import ExitCode, Problem


def usage_problem(error: Exception) -> Problem | None:
    """Return what to tell of a usage error of typer's, or None if the error is something else."""
    sentence = getattr(error, "format_message", None)
    if sentence is None or getattr(error, "exit_code", None) != ExitCode.USAGE:
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "postroad"
    what = " ".join(sentence().split())
    return Problem(what, f"`{command} --help` shows what it takes, with examples.", ExitCode.USAGE)
