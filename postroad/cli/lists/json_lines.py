"""Reads the lines of a JSON Lines file one by one, none of more than `MOST_OF_A_RECORD` bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from postroad.cli.lists.csv_records import MOST_OF_A_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.cli.lists.csv_records import Counted

_BOM = b"\xef\xbb\xbf"


def numbered_lines(counted: Counted) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank with its number, from 1. One that is too long comes cut off."""
    stream = io.BufferedReader(counted)
    number = 0
    while line := stream.readline(MOST_OF_A_RECORD):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MOST_OF_A_RECORD)
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            yield number, text
