"""Reads the records of a CSV file one by one, and goes on after one that can't be read.

Never more than one record is held, and no record of more than `MOST_OF_A_RECORD` characters: so a file of any
size takes the same memory, and a quote that is never closed costs its own row alone.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_OF_A_RECORD = 64 * 1024
DELIMITERS = ",;\t|"
_BOMS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Source(Protocol):
    """What bytes are read from: a file, a pipe, standard input."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row, numbered as in a spreadsheet: the header is row 1. `wrong` says why it has no cells."""

    number: int
    cells: tuple[str, ...]
    wrong: str = ""


class Counted(io.RawIOBase):
    """Bytes on their way, and how many there were: what a progress bar shows without knowing the rows."""

    def __init__(self, source: Source) -> None:
        """Read from `source`, which the caller closes."""
        super().__init__()
        self._source = source
        self.taken = 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed: any buffer
        """Fill the buffer as far as there is something."""
        found = self._source.read(len(buffer))
        buffer[: len(found)] = found
        self.taken += len(found)
        return len(found)


class Records:
    """The header and then the records of a CSV file: RFC 4180, any of `DELIMITERS`, any line ends.

    UTF-8 with or without a byte order mark, or UTF-16 with one. Bytes that are not UTF-8 become lone
    surrogates, by which their reader knows them.
    """

    def __init__(self, counted: Counted) -> None:
        """Read the first line, and find out what separates its cells."""
        buffered = io.BufferedReader(counted)
        if buffered.peek(2)[:2] in _BOMS_OF_UTF_16:
            self._text = io.TextIOWrapper(buffered, "utf-16", "replace", newline="")
        else:
            self._text = io.TextIOWrapper(buffered, "utf-8-sig", "surrogateescape", newline="")
        self._again: deque[str] = deque()
        self._lines: list[str] = []
        first = self._text.readline(MOST_OF_A_RECORD)
        self._again.append(first)
        self.delimiter = max(DELIMITERS, key=first.count)
        self._reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)

    def __iter__(self) -> Iterator[Record]:
        """Yield each record that is not blank."""
        number = 0
        while True:
            number += 1
            self._lines = []
            try:
                cells = tuple(next(self._reader))
            except StopIteration:
                return
            except csv.Error as error:
                # The lines after its first may be sound: they are read once more, each by itself.
                self._again.extendleft(reversed(self._lines[1:]))
                self._restart()
                yield Record(number, (), _in_words(error))
            else:
                if any(cells):
                    yield Record(number, cells)

    def _restart(self) -> None:
        self._reader = csv.reader(self._feed(), delimiter=self.delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        """Yield the lines of one record after the other, and remember those of the present one."""
        size = 0
        while line := self._again.popleft() if self._again else self._text.readline(MOST_OF_A_RECORD):
            # Counted on, not counted anew: a quote that stays open takes many lines.
            size = len(line) if not self._lines else size + len(line)
            self._lines.append(line)
            if size >= MOST_OF_A_RECORD:
                self._skip_rest(line)
                raise csv.Error("too long")
            yield line

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(MOST_OF_A_RECORD)


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "expected after" in text:
        return "text stands after a closing quote; double each quote inside a quoted cell"
    if "too long" in text or "field limit" in text or "unexpected end" in text:
        return "a quote is opened and not closed within this row, or the row is far too long"
    return f"it is no CSV ({text})"
