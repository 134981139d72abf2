"""Asking before what can't be undone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from postroad.cli.output import clean
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring


def confirm(question: str, *, wiring: Wiring, yes: bool, as_json: bool) -> None:
    """Return if the operator wants it, and raise Problem (code 4) if not.

    The question is shown with the stage and its account, on standard error: standard output is for results.
    `yes` answers it beforehand. Where nobody is there to answer (no terminal, or JSON is asked for) and `yes`
    is not given, nothing is done. Raises Problem also where the account is not the configured one, or none is
    configured or named: see `Wiring.require_account`.
    """
    where = f"stage {wiring.stage}, account {wiring.require_account()}"
    if yes:
        return
    if as_json or not is_interactive():
        raise Problem(
            f"Nothing was changed on {where}: this must be confirmed, and nobody is there to answer.",
            "Give --yes if you want it.",
            ExitCode.REFUSED,
        )
    try:
        wanted = typer.confirm(f"{clean(question)} [{where}]", err=True)
    except typer.Abort:
        typer.echo(err=True)  # the line of a question that was never answered
        wanted = False
    if not wanted:
        raise Problem(f"Nothing was changed on {where}.", "Answer yes, or give --yes.", ExitCode.REFUSED)


def confirm_by_typing(word: str, question: str, *, wiring: Wiring, yes: bool, as_json: bool) -> None:
    """Return if the operator types `word` again; see `confirm` for the rest."""
    where = f"stage {wiring.stage}, account {wiring.require_account()}"
    if yes or as_json or not is_interactive():
        confirm(question, wiring=wiring, yes=yes, as_json=as_json)
        return
    try:
        typed = typer.prompt(f"{clean(question)} [{where}]", default="", show_default=False, err=True)
    except typer.Abort:
        typer.echo(err=True)
        typed = ""
    if typed.strip().lower() != word.lower():
        what = f"Nothing was changed on {where}: that was not it."
        raise Problem(what, "Type it as it is asked for, or give --yes.", ExitCode.REFUSED)


def is_interactive() -> bool:
    """Say whether somebody can answer: both what is asked and what is answered go through a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()
