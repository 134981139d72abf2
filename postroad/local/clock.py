"""Moves the time of a local stack ahead: everything that waits for its hour then finds it come.

The offset is one file in the stack's folder. Functions, the simulator and the command line read it whenever
they ask for the time, so that it holds for all of them at once. It only grows: tables that hold what has come
to pass would make no sense to a stack that went back.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.clock import read_offset
from postroad.local.errors import LocalCloudError

if TYPE_CHECKING:
    from postroad.local.state import State

FARTHEST = timedelta(days=3660)
"""Ten years: who wants more has mistaken the year."""


def offset_of(state: State) -> timedelta:
    """Return how far this stack lives ahead of the machine. Raises LocalCloudError if that can't be read."""
    try:
        return read_offset(state.clock)
    except (OSError, ValueError) as error:
        raise LocalCloudError(
            f"{state.clock} can't be read: {error}", "Start anew: `postroad local down`, `postroad local up`."
        ) from error


def put_ahead(state: State, offset: timedelta) -> None:
    """Let the stack live so far ahead, in whole seconds. Raises LocalCloudError for a time before its own."""
    before = offset_of(state)
    if offset < before:
        raise LocalCloudError(
            f"The stack lives {before} ahead already, and its time can't go back",
            "A stack that is started anew lives at this machine's time.",
        )
    if offset > FARTHEST:
        raise LocalCloudError(f"{offset} is too far ahead", f"Stay within {FARTHEST.days} days of today.")
    new = state.clock.with_suffix(".new")
    new.write_text(str(int(offset.total_seconds())), encoding="ascii")
    os.replace(new, state.clock)  # noqa: PTH105  the atomic move, by its name
