"""Progress on standard error, where somebody watches."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bar(text: str, size: int | None, *, hidden: bool) -> Iterator[Callable[[int, int], object]]:
    """Show a bar, and yield what moves it: bytes taken of `size`, and rows so far.

    Without a `size` it shows that something goes on, and the rows. Nothing is shown where standard error is
    no terminal, or where it is `hidden`.
    """
    if hidden or not sys.stderr.isatty():
        yield lambda _bytes, _rows: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import (  # noqa: PLC0415 - as above
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        *((BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) if size else (TimeElapsedColumn(),)),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=size, rows=0)
        yield lambda done, rows: progress.update(task, completed=done, rows=rows)


@contextmanager
def counter(text: str, *, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` are done, and yield what is told that number.

    Nothing is shown where standard error is no terminal.
    """
    if not sys.stderr.isatty():
        yield lambda _number: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import MofNCompleteColumn, Progress  # noqa: PLC0415 - as above

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=total)
        yield lambda number: progress.update(task, completed=number)


@contextmanager
def spinner(text: str, *, hidden: bool) -> Iterator[None]:
    """Show that something is waited for, and for how long, where somebody watches and it isn't `hidden`."""
    if hidden or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - only where somebody watches
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(text, total=None)
        yield
