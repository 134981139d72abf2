"""What a rehearsal came to: each message accounted for, and shown. Pure but for the waiting."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Accounted:
    """What became of the messages of one rehearsal: counted from the table, and from what SES took.

    `attempts` and `failures` count the messages that had so many; a failure is an attempt whose worker died,
    or whose answer was lost.
    """

    expected: int
    by_status: Mapping[str, int]
    attempts: Mapping[int, int]
    failures: Mapping[int, int]
    accepted: Mapping[str, int]
    lost: tuple[str, ...]
    waiting: tuple[str, ...]

    @property
    def twice(self) -> list[str]:
        """Messages that SES took more than once."""
        return sorted(each for each, count in self.accepted.items() if count > 1)

    @property
    def problems(self) -> list[str]:
        """Say what is not as promised; empty if each message was sent once and ended."""
        found = [f"{each}: lost: no row, or it ended without a mail" for each in self.lost]
        found += [f"{each}: still waits" for each in self.waiting]
        return found + [f"{each}: SES took it {self.accepted[each]} times" for each in self.twice]


def wait_until(done: Callable[[], bool], *, seconds: float, pause: float = 1.0) -> bool:
    """Look until something is so; False if it was not within that many seconds."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= end:
            return False
        time.sleep(pause)
    return True


def show(console: Console, title: str, content: Mapping[str, object]) -> None:
    """Print what was measured, a line for each number, and then what is wrong."""
    table = Table(title=title, title_justify="left", show_header=False)
    problems: list[str] = []
    for name, value in content.items():
        if name == "problems" and isinstance(value, list):
            problems = value
        else:
            table.add_row(name.replace("_", " "), value if isinstance(value, str) else json.dumps(value))
    console.print(table)
    for problem in problems[:MOST_PROBLEMS]:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(problems)} problems" if problems else "Each message was sent once.")
