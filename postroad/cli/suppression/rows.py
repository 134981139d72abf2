"""What a row of a CSV file says of a suppression: ours, SES's and other senders' lists. Pure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.scopes import parse_scope, stream_of
from postroad.cli.suppression.spreadsheet import unescape_cell
from postroad.contract.words import Reason
from postroad.suppression.model import NewSuppression, ScopeEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from postroad.cli.suppression.csv_records import Record
    from postroad.cli.wiring import Recipient

MOST_OF_A_NOTE = 2_000
MOST_OF_EVIDENCE = MOST_OF_A_NOTE + 500
"""A note, and the file and row that it came from: what was imported can be exported and imported again."""
MOST_OF_A_SOURCE = 200
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "email address", "address", "recipient", "recipient email", "mail"),
    "scope": ("scope",),
    "reason": ("reason", "suppression reason", "suppression type", "bounce type", "type"),
    "source": ("source", "origin"),
    "since": (
        "since", "created", "created at", "date", "timestamp", "last update time", "added at",
        "suppressed at", "bounced at",
    ),
    "until": ("until", "expires", "expires at"),
    "evidence": ("evidence",),
    "note": ("note", "notes", "comment", "description"),
}  # fmt: skip
"""Our name of each column, and those that other senders give it; case, blanks, `_` and `-` don't matter."""

WORDS: Mapping[Reason, tuple[str, ...]] = {
    Reason.HARD_BOUNCE: ("bounce", "bounced", "hard", "hard bounced", "permanent", "permanent bounce"),
    Reason.COMPLAINT: ("complained", "spam complaint", "spam", "spam report", "abuse"),
    Reason.MANUAL: ("manual suppression",),
    Reason.UNSUBSCRIBED: ("unsubscribe", "unsub", "opt out", "opted out"),
    Reason.SOFT_BOUNCES: (),
    Reason.ON_ACCOUNT_SUPPRESSION_LIST: (),
    Reason.SES_SUPPRESSED: (),
}
"""The reasons that an address can be suppressed for, and other senders' words for them."""

_AHEAD = timedelta(days=1)
_SECONDS = re.compile(r"\d{9,10}(\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row: `row` as a spreadsheet counts, `column` as the header names it."""

    row: int
    column: str
    value: str
    what: str
    fix: str


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, column: str, what: str, fix: str) -> None:
        super().__init__(what)
        self.column, self.what, self.fix = column, what, fix


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns that we know are, by our names, and the file's own names of all."""

    places: Mapping[str, int]
    names: Sequence[str]

    @property
    def unused(self) -> list[str]:
        """Return the names of the columns that nothing is taken from."""
        used = set(self.places.values())
        return [name for place, name in enumerate(self.names) if place not in used and name]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row means that doesn't say it itself. `name` is the file's, for the evidence."""

    name: str
    scope: str
    reason: Reason
    source: str
    now: datetime


def read_header(cells: Sequence[str], *, chosen: Mapping[str, str]) -> Header:
    """Find the columns; `chosen` names some of them outright. Raises Problem where none holds addresses."""
    names = [_shown(cell.strip()) for cell in cells]
    plain = [_plain(name) for name in names]
    places: dict[str, int] = {}
    for column, name in chosen.items():
        if _plain(name) not in plain:
            raise Problem(
                f"The file has no column {name!r}.",
                f"Its columns are: {', '.join(names)}. Name one of them with --{column}-column.",
                ExitCode.USAGE,
            )
        places[column] = plain.index(_plain(name))
    for column, aliases in COLUMNS.items():
        found = [plain.index(_plain(alias)) for alias in aliases if _plain(alias) in plain]
        free = [place for place in found if place not in places.values()]
        if column not in places and free:
            places[column] = free[0]
    if "email" not in places:
        addresses = any("@" in name for name in names)
        raise Problem(
            "The first row names no column for the address"
            + (", and looks like data." if addresses else f": {', '.join(names) or 'it is empty'}."),
            "Begin the file with a row of column names such as `email,reason`, or name the column with "
            "--email-column.",
            ExitCode.USAGE,
        )
    return Header(places, names)


class RowReader:
    """Reads records as suppressions."""

    def __init__(
        self,
        header: Header,
        defaults: Defaults,
        *,
        recipient: Callable[[str], Recipient],
        check_stream: Callable[[str], object],
    ) -> None:
        """Use these columns; `recipient` and `check_stream` raise Problem for what the stage can't take."""
        self._header = header
        self._defaults = defaults
        self._recipient = recipient
        self._check_stream = check_stream
        self._scopes: dict[str, str | Problem] = {}

    def read(self, record: Record) -> NewSuppression | RowProblem:
        """Return what the row asks for, or what is wrong with it."""
        try:
            return self._read(record)
        except _Wrong as wrong:
            place = self._header.places.get(wrong.column)
            column = wrong.column if place is None else self._header.names[place]
            value = record.cells[place] if place is not None and place < len(record.cells) else ""
            return RowProblem(record.number, column, _shown(value), wrong.what, wrong.fix)

    def _read(self, record: Record) -> NewSuppression:
        if record.wrong:
            raise _Wrong("", record.wrong, "Mend the row, or save the list as CSV again.")
        if any(record.cells[len(self._header.names) :]):
            raise _Wrong(
                "",
                f"the row has {len(record.cells)} cells, the header {len(self._header.names)}",
                "Put cells that hold the delimiter in quotes.",
            )
        email = self._cell(record, "email").strip()
        if not email:
            raise _Wrong("email", "the address is missing", "Fill it in, or delete the row.")
        with _blamed_on("email"):
            recipient = self._recipient(email)
        scope = self._scope(self._cell(record, "scope").strip() or self._defaults.scope)
        return NewSuppression(recipient.key, recipient.email, scope, self._entry(record))

    def _entry(self, record: Record) -> ScopeEntry:
        now = self._defaults.now
        since = self._time(record, "since") or now
        until = self._time(record, "until")
        if since > now + _AHEAD:
            raise _Wrong("since", "this is in the future", "Correct the time, or leave it empty for now.")
        if until is not None and until <= since:
            raise _Wrong("until", "it ends before it begins", "Correct one of the two times.")
        source = self._cell(record, "source").strip() or self._defaults.source
        if len(source) > MOST_OF_A_SOURCE or not source.isprintable():
            raise _Wrong("source", "it is too long or holds control characters", "Name who or what did it.")
        reason = self._cell(record, "reason").strip()
        return ScopeEntry(
            reason=read_reason(reason) if reason else self._defaults.reason,
            source=source,
            since=since,
            until=until,
            evidence=self._evidence(record),
        )

    def _evidence(self, record: Record) -> str:
        if "evidence" in self._header.places:
            return self._short("evidence", self._cell(record, "evidence"), MOST_OF_EVIDENCE)
        note = self._short("note", self._cell(record, "note").strip(), MOST_OF_A_NOTE)
        imported = f"import {self._defaults.name} row {record.number}"
        return f"{imported}: {note}" if note else imported

    def _short(self, column: str, text: str, most: int) -> str:
        if len(text) > most:
            raise _Wrong(column, f"it has {len(text):,} characters", f"Shorten it to {most:,} at most.")
        return text

    def _scope(self, text: str) -> str:
        if text not in self._scopes:
            self._scopes[text] = self._known_scope(text)
        known = self._scopes[text]
        if isinstance(known, Problem):
            raise _Wrong("scope", known.what, known.next_step)
        return known

    def _known_scope(self, text: str) -> str | Problem:
        if len(self._scopes) > 1_000:  # noqa: PLR2004 - no list has so many; and memory must not grow
            self._scopes.clear()
        try:
            scope = parse_scope(text)
            if stream := stream_of(scope):
                self._check_stream(stream)  # a typing error would leave the person mailed
        except Problem as problem:
            return problem
        return scope

    def _time(self, record: Record, column: str) -> datetime | None:
        text = self._cell(record, column).strip()
        return read_time(text, column) if text else None

    def _cell(self, record: Record, column: str) -> str:
        place = self._header.places.get(column)
        if place is None or place >= len(record.cells):
            return ""
        text = unescape_cell(record.cells[place])
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _Wrong(column, "it is not UTF-8", "Save the file as CSV in UTF-8.") from None
        return text


@contextmanager
def _blamed_on(column: str) -> Iterator[None]:
    """Turn a Problem with what was given into what is wrong with a column; one with the stage ends it all."""
    try:
        yield
    except Problem as problem:
        if problem.code is not ExitCode.USAGE:
            raise
        raise _Wrong(column, problem.what, problem.next_step) from None


def read_reason(text: str) -> Reason:
    """Return the reason that a word means, ours or another sender's; raises what `RowReader` reports."""
    if reason := _BY_WORD.get(_plain(text)):
        return reason
    known = ", ".join(reason.value for reason in WORDS)
    raise _Wrong("reason", "this is no reason for a suppression", f"Write one of: {known}.")


def read_time(text: str, column: str = "") -> datetime:
    """Return a time: ISO 8601 (UTC where it has no zone), seconds since 1970, or a mail's date (RFC 5322)."""
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - only for lists that have such dates

        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            raise _Wrong(
                column, "this is no time", "Write it as 2026-11-22T14:03:11Z, or as a date."
            ) from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise _Wrong(column, "this is no time", "Write it as 2026-11-22T14:03:11Z.") from None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _shown(value: str) -> str:
    return value[:200].encode(errors="replace").decode()


_BY_WORD = {_plain(word): reason for reason, aliases in WORDS.items() for word in (reason.value, *aliases)}
