"""Lists that commands read and write: opened, told apart, and written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from errno import EISDIR
from os import strerror
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postroad.cli.output import clean
from postroad.cli.problem import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from postroad.cli.lists.csv_records import Source

STANDARD_INPUT = "-"


def open_list(file: str, stack: ExitStack, *, kind: str = "CSV") -> tuple[Source, str, int | None]:
    """Return the bytes, what the file is called, and its size where it is known; `-` is standard input."""
    if file == STANDARD_INPUT:
        return sys.stdin.buffer, "standard input", None
    try:
        stream = Path(file).open("rb", buffering=0)  # noqa: SIM115 - the stack closes it
        stack.enter_context(stream)
        size = os.fstat(stream.fileno()).st_size or None
    except OSError as error:
        raise Problem(
            f"{file} can't be read: {error.strerror}.", f"Name a {kind} file, or `-`.", ExitCode.USAGE
        ) from error
    return stream, clean(Path(file).name), size


def refuse_same(errors: Path | None, file: str) -> None:
    """Raise Problem where the errors would be written over the list that is read."""
    try:
        same = errors is not None and errors.samefile(file)
    except OSError:
        return  # one of them is not there
    if same:
        raise Problem(
            f"{errors} is the list itself: --errors would write over it.",
            "Give --errors another file.",
            ExitCode.USAGE,
        )


def size_text(size: int | None) -> str:
    """Say how large a list is."""
    if size is None:
        return "of unknown size"
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size:,} bytes"  # noqa: PLR2004 - where MB read better


@contextmanager
def whole(output: Path) -> Iterator[Any]:
    """Give the file its name once it is complete; readable by its owner alone, for it holds addresses."""
    try:
        if output.is_dir():
            raise IsADirectoryError(EISDIR, strerror(EISDIR))  # before anything is read
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=".export-")
    except OSError as error:
        raise _not_written(output, error) from error
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise _not_written(output, error) from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _not_written(output: Path, error: OSError) -> Problem:
    return Problem(
        f"{output} can't be written: {error.strerror}.",
        "Give --output a file in a folder that you may write to.",
        ExitCode.USAGE,
    )
