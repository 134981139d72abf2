"""CSV of any origin and size, record by record."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.cli.lists.csv_records import MOST_OF_A_RECORD, Counted, Record, Records
from postroad.cli.lists.spreadsheet import escape_cell, unescape_cell


def read(content: bytes) -> list[Record]:
    return list(Records(Counted(io.BytesIO(content))))


def cells(content: bytes) -> list[tuple[str, ...]]:
    return [record.cells for record in read(content)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_line_ends_and_encoding_are_found_out(delimiter: str, end: str, encoding: str) -> None:
    text = end.join((f"email{delimiter}note", f"ana@example.com{delimiter}señal", ""))
    assert cells(text.encode(encoding)) == [("email", "note"), ("ana@example.com", "señal")]


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    found = read(b'email,note\n\n"a","one\ntwo"\n,\nb,\n')
    assert [(each.number, each.cells) for each in found] == [
        (1, ("email", "note")),
        (3, ("a", "one\ntwo")),
        (5, ("b", "")),
    ]


def test_an_empty_file_has_no_records() -> None:
    assert read(b"") == []


def test_bytes_that_are_no_utf_8_cost_no_other_row() -> None:
    found = cells(b"email\nma\xf1ana@example.com\nb@example.com\n")
    assert found[1] == ("ma\udcf1ana@example.com",)
    assert found[2] == ("b@example.com",)


@pytest.mark.parametrize(
    "bad",
    [
        '"never closed,x',
        '"closed"too early,x',
        "y" * (3 * MOST_OF_A_RECORD),
        '"' + "z" * (2 * MOST_OF_A_RECORD),
    ],
    ids=["open", "text after", "long", "open and long"],
)
@pytest.mark.parametrize("after", [["c,3"], ['"c","3"', "d,4"], []])
def test_a_row_that_can_not_be_read_costs_no_other_row(bad: str, after: list[str]) -> None:
    text = "\n".join(("email,note", "a,1", bad, *after, ""))
    found = read(text.encode())
    wrong = [each for each in found if each.wrong]
    assert [each.number for each in wrong] == [3]
    rest = [each.cells for each in found if not each.wrong]
    assert rest == [("email", "note"), ("a", "1"), *(tuple(next(csv.reader([line]))) for line in after)]


def test_a_quote_that_swallows_thousands_of_rows_costs_its_own_alone() -> None:
    rows = [f"customer{number}@example.com,x" for number in range(5_000)]
    rows[10] = '"' + rows[10]
    found = read("\n".join(("email,note", *rows)).encode())
    assert [each.number for each in found if each.wrong] == [12]
    assert len(found) == 5_001


def test_quotes_that_stay_open_on_every_row_take_no_long_time() -> None:
    # Each row ends within a quote, whether it begins within one or not.
    records = iter(Records(Counted(io.BytesIO(b"email,note\n" + b'a","b\n' * 12_000))))
    next(records)
    began = time.process_time()
    assert all(next(records).wrong for _ in range(5))
    assert time.process_time() - began < 1


def test_it_counts_the_bytes_that_it_took() -> None:
    content = b"email\n" + b"a@example.com\n" * 10_000
    counted = Counted(io.BytesIO(content))
    records = iter(Records(counted))
    next(records)
    assert 0 < counted.taken < len(content) / 10
    assert sum(1 for _ in records) == 10_000
    assert counted.taken == len(content)


class Endless:
    """A file of so many bytes, made as it is read."""

    def __init__(self, line: bytes, size: int) -> None:
        self._line = line
        self._left = size

    def read(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return (self._line * (size // len(self._line) + 1))[:size]


@pytest.mark.parametrize("line", [b"a@example.com,note\n", b"no line end at all "], ids=["rows", "one line"])
def test_memory_does_not_grow_with_the_file(line: bytes) -> None:
    def peak(size: int) -> int:
        tracemalloc.start()
        for _ in Records(Counted(Endless(line, size))):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(200_000), peak(2_000_000)
    assert large < small * 1.2
    assert large < 1_500_000


@given(st.text())
def test_a_cell_comes_back_as_it_was(text: str) -> None:
    assert unescape_cell(escape_cell(text)) == text


@given(st.sampled_from("=+-@\t\r\n＝"), st.text())
def test_no_cell_begins_a_formula(first: str, rest: str) -> None:
    assert escape_cell(first + rest)[0] == "'"


@pytest.mark.parametrize("text", ["'tis", "o'hara@example.com", "'o@example.com", "", "'"])
def test_an_apostrophe_of_the_text_stays(text: str) -> None:
    assert unescape_cell(text) == text
    assert escape_cell(text) == text
