"""Waits until a message has come to its end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import typer

from postroad.cli.problem import ExitCode
from postroad.contract.words import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row

UNDER_WAY = frozenset({Status.SCHEDULED, Status.CLAIMED, Status.SENT, Status.DELAYED})
"""From here news still comes, without anybody's doing."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0


def wait_for_end(
    ledger: Ledger,
    message_id: str,
    *,
    seconds: float,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> Row | None:
    """Return the row when it has come to its end, or as it stands after so many seconds; None: not seen yet.

    Tells on standard error what it waits for, each time that it changes, if somebody watches.
    """
    end = now() + seconds
    step = FIRST_PAUSE
    told = ""
    while True:
        row = ledger.get(message_id)
        state = row.status.value if row else "on its queue"
        if row is not None and row.status not in UNDER_WAY:
            return row
        if state != told and sys.stderr.isatty():
            typer.echo(f"    {state} …", err=True)
            told = state
        left = end - now()
        if left <= 0:
            return row
        pause(min(step, left))
        step = min(step * 1.5, LONGEST_PAUSE)


def exit_code(row: Row | None) -> ExitCode:
    """Return 0 for a mail that was delivered, 1 for one still under way, 4 for one that won't arrive."""
    if row is None or row.status in UNDER_WAY:
        return ExitCode.FAILED
    return ExitCode.OK if row.status is Status.DELIVERED else ExitCode.REFUSED
