"""What a row of CSV or a line of JSON says of a contact. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from postroad.cli.contact.saying import About, Said, apart, attribute_of
from postroad.cli.lists.columns import plain
from postroad.cli.lists.problems import RowProblem, is_utf_8, misfit, shown
from postroad.cli.lists.spreadsheet import unescape_cell
from postroad.cli.problem import ExitCode, Problem
from postroad.contacts.checks import (
    MOST_OF_A_NAME,
    MOST_OF_A_SOURCE,
    check_attributes,
    check_locale,
    check_text,
    check_time_zone,
)
from postroad.contacts.errors import ContactError
from postroad.contacts.model import NewContact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from postroad.cli.contact.saying import Topics
    from postroad.cli.lists.csv_records import Record
    from postroad.cli.wiring import Recipient

ATTRIBUTE = "attributes."
FIELDS = ("email", "name", "locale", "time_zone", "source", "topics", "purpose", "wording", "ip")
"""The columns that are known, beside `attributes.<name>`; case, blanks, `_` and `-` don't matter."""
_BY_NAME = {plain(field): field for field in FIELDS}
_IN_JSON = (*FIELDS, "attributes")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a CSV file: our name of each, empty where nothing is taken from it."""

    columns: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def unused(self) -> list[str]:
        """Return the names of the columns that nothing is taken from."""
        return [name for name, column in zip(self.names, self.columns, strict=True) if not column and name]


def read_header(cells: Sequence[str]) -> Header:
    """Find the columns; raises Problem where none holds addresses, or two are the same."""
    names = tuple(shown(cell.strip()) for cell in cells)
    columns = tuple(_column(name) for name in names)
    if "email" not in columns:
        raise Problem(
            "The first row names no column `email`.",
            f"Begin the file with a row of column names: {', '.join(FIELDS)}, attributes.<name>.",
            ExitCode.USAGE,
        )
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise Problem(
            f"The column {twice[0]!r} is there twice.", "Keep one of the two, or rename it.", ExitCode.USAGE
        )
    return Header(columns, names)


def _column(name: str) -> str:
    if name.lower().startswith(ATTRIBUTE):
        return ATTRIBUTE + name[len(ATTRIBUTE) :]
    return _BY_NAME.get(plain(name), "")


class Reader:
    """Makes contacts of rows and lines, or says what is wrong with each."""

    def __init__(
        self, *, name: str, source: str, topics: Topics, recipient: Callable[[str], Recipient]
    ) -> None:
        """Call the list `name`, or nothing where there is none; `source` says who gives it.

        `recipient` raises Problem for no address.
        """
        self._name = name
        self._source = source
        self._topics = topics
        self._recipient = recipient

    def row(self, header: Header, record: Record) -> Said | RowProblem:
        """Read a row of CSV. An empty cell says nothing."""
        if wrong := misfit(record, len(header.columns)):
            return wrong
        said: dict[str, Any] = {"attributes": {}}
        for column, cell in zip(header.columns, record.cells, strict=False):
            text = unescape_cell(cell)
            if not column or not text.strip():
                continue
            if not is_utf_8(text):
                return RowProblem(
                    record.number, column, "", "it is not UTF-8", "Save the file as CSV in UTF-8."
                )
            if column.startswith(ATTRIBUTE):
                said["attributes"][column.removeprefix(ATTRIBUTE)] = attribute_of(text)
            else:
                said[column] = text
        return self.said(record.number, said)

    def line(self, number: int, line: bytes) -> Said | RowProblem:
        """Read a line of JSON. What isn't there says nothing; null forgets."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or not is_utf_8(json.dumps(said, ensure_ascii=False)):
            return RowProblem(
                number,
                "",
                "",
                "it is no JSON object in UTF-8",
                'Write one a line: {"email": "name@example.com"}.',
            )
        for field in said.keys() - set(_IN_JSON):
            what = "it is no field of a contact"
            return RowProblem(number, field[:64], "", what, f"Write one of: {', '.join(_IN_JSON)}.")
        return self.said(number, said)

    def said(self, number: int, said: Mapping[str, Any]) -> Said | RowProblem:
        """Read what is said by field, as a line of JSON holds it."""
        try:
            return self._checked(number, said)
        except ContactError as wrong:
            value = said.get(wrong.field, "")
            told = shown(value) if isinstance(value, str) else ""
            return RowProblem(
                number, wrong.field, told, wrong.what, f"{wrong.fix[:1].upper()}{wrong.fix[1:]}."
            )

    def _checked(self, number: int, said: Mapping[str, Any]) -> Said:
        recipient = self._address(_text(said, "email") or "")
        source = check_text("source", _text(said, "source") or self._source, MOST_OF_A_SOURCE)
        about = About(
            source=source,
            evidence=f"import {self._name} row {number}" if self._name else "command line",
            **{field: _text(said, field) or "" for field in ("purpose", "wording", "ip")},
        )
        granted, left = apart(self._consents(said.get("topics"), about))
        name, locale, zone = (_text(said, field) for field in ("name", "locale", "time_zone"))
        attributes = {} if said.get("attributes") is None else said["attributes"]
        if not isinstance(attributes, dict):
            raise ContactError("attributes", "it is no object", 'write it as {"orders": 7}')
        contact = NewContact(
            recipient.key,
            recipient.email,
            source,
            name=None if name is None else check_text("name", name, MOST_OF_A_NAME),
            locale=None if locale is None else check_locale(locale.strip()),
            time_zone=None if zone is None else check_time_zone(zone.strip()),
            attributes=check_attributes(attributes),
            consents=granted,
        )
        return Said(number, contact, left)

    def _address(self, email: str) -> Recipient:
        if not email.strip():
            raise ContactError("email", "the address is missing", "fill it in, or delete the row")
        try:
            return self._recipient(email.strip())
        except Problem as problem:
            if problem.code is not ExitCode.USAGE:
                raise
            raise ContactError("email", "it is no address", "write one like name@example.com") from None

    def _consents(self, topics: object, about: About) -> tuple[Any, ...]:
        match topics:
            case None:
                return ()
            case str():
                return self._topics.words(topics, about)
            case list() if all(isinstance(each, str) for each in topics):
                return tuple(self._topics.one(each, {}, about) for each in topics)
            case dict():
                return tuple(
                    self._topics.one(name, facts if isinstance(facts, dict) else {"status": facts}, about)
                    for name, facts in topics.items()
                )
        raise ContactError("topics", "it names no topics", 'write them as {"offers": "granted"}')


def _text(said: Mapping[str, Any], field: str) -> str | None:
    """Return a field's text, None where nothing is said, and nothing where it is to be forgotten."""
    if field not in said:
        return None
    value = said[field]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ContactError(field, "it is no text", "write it in quotes")
    return value
