"""Where the present moment comes from: a port, so that a whole stack can live at another time.

The local stage can live ahead of the machine that it runs on: a file holds by how many seconds. What lives at
the stage's time asks `SystemClock` or `utcnow`. What has to do with the world outside asks the machine:
signatures, certificates, how long a request takes. No other stage has such a file.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

OFFSET_FILE = "POSTROAD_CLOCK_OFFSET_FILE"
"""The variable that names the file. What runs the local stage sets it for the processes that it starts."""

_NOT_AHEAD = timedelta(0)
_file = os.environ.get(OFFSET_FILE, "")


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class SystemClock:
    """The stage's clock: the machine's own, and on the local stage as far ahead of it as its file says."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC) + offset()


class FixedClock:
    """A clock that stands still until it is told to move: for tests and walks under a virtual clock."""

    def __init__(self, at: datetime) -> None:
        """Stand at `at`, an aware time."""
        self.at = at

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self.at


def utcnow() -> datetime:
    """Return the stage's present moment in UTC."""
    return SystemClock().now()


def offset() -> timedelta:
    """Return how far the stage lives ahead of this machine: nothing, but on a local stage that was moved.

    Raises ValueError where the file holds anything but whole seconds.
    """
    return read_offset(_file) if _file else _NOT_AHEAD


def read_offset(file: str | Path) -> timedelta:
    """Read how far ahead a file says; nothing where there is no such file."""
    try:
        # By os and not by Path: each reading of the time comes by here.
        with open(file, encoding="ascii") as opened:  # noqa: PTH123 - for the reason above
            return timedelta(seconds=int(opened.read()))
    except FileNotFoundError:
        return _NOT_AHEAD


def follow(file: Path | None) -> None:
    """Let this process live by the offset in a file from now on; by the machine's time with None."""
    global _file  # noqa: PLW0603 - one process lives at one time
    _file = "" if file is None else str(file)
