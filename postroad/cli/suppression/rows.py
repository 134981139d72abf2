"""What a row of a CSV file says of a suppression: ours, SES's and other senders' lists. Pure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from postroad.cli.lists.columns import plain
from postroad.cli.lists.problems import RowProblem, is_utf_8, misfit, shown
from postroad.cli.lists.spreadsheet import unescape_cell
from postroad.cli.lists.times import NoTimeError, read_time
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.suppression.scopes import parse_scope, stream_of
from postroad.contract.words import Reason
from postroad.suppression.model import NewSuppression, ScopeEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from postroad.cli.lists.csv_records import Record
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
    "address_key": ("address key",),
}  # fmt: skip
"""Our name of each column, and those that other senders give it; case, blanks, `_` and `-` don't matter."""

REASONS: Mapping[Reason, tuple[str, ...]] = {
    Reason.HARD_BOUNCE: ("bounce", "bounced", "hard", "hard bounced", "permanent", "permanent bounce"),
    Reason.COMPLAINT: ("complained", "spam complaint", "spam", "spam report", "abuse"),
    Reason.MANUAL: ("manual suppression",),
    Reason.UNSUBSCRIBED: ("unsubscribe", "unsub", "opt out", "opted out"),
    Reason.SOFT_BOUNCES: (),
    Reason.PAUSED: (),
    Reason.ERASED: (),
    Reason.ON_ACCOUNT_SUPPRESSION_LIST: (),
    Reason.SES_SUPPRESSED: (),
}
"""The reasons that an address can be suppressed for, and other senders' words for them."""

_AHEAD = timedelta(days=1)
_KEY = re.compile(r"k1\.[A-Za-z0-9_-]{43}", re.ASCII)


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
    names = [shown(cell.strip()) for cell in cells]
    known = [plain(name) for name in names]
    places: dict[str, int] = {}
    for column, name in chosen.items():
        if plain(name) not in known:
            raise Problem(
                f"The file has no column {name!r}.",
                f"Its columns are: {', '.join(names)}. Name one of them with --{column}-column.",
                ExitCode.USAGE,
            )
        places[column] = known.index(plain(name))
    for column, aliases in COLUMNS.items():
        found = [known.index(plain(alias)) for alias in aliases if plain(alias) in known]
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
        if problem := misfit(record, len(self._header.names)):
            return problem
        try:
            return self._read(record)
        except _Wrong as wrong:
            place = self._header.places.get(wrong.column)
            column = wrong.column if place is None else self._header.names[place]
            value = record.cells[place] if place is not None and place < len(record.cells) else ""
            return RowProblem(record.number, column, shown(value), wrong.what, wrong.fix)

    def _read(self, record: Record) -> NewSuppression:
        key, email = self._address(record)
        scope = self._scope(self._cell(record, "scope").strip() or self._defaults.scope)
        return NewSuppression(key, email, scope, self._entry(record))

    def _address(self, record: Record) -> tuple[str, str]:
        """Return the address's key, and the address, which is not known of all who left or were erased."""
        email, key = (self._cell(record, column).strip() for column in ("email", "address_key"))
        if email:
            with _blamed_on("email"):
                recipient = self._recipient(email)
            return recipient.key, recipient.email
        if not key:
            raise _Wrong("email", "the address is missing", "Fill it in, or delete the row.")
        if not _KEY.fullmatch(key):
            raise _Wrong("address_key", "this is no key of an address", "Take it as an export wrote it.")
        return key, ""

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
        word = self._cell(record, "reason").strip()
        reason = read_reason(word) if word else self._defaults.reason
        if reason is Reason.PAUSED and until is None:
            raise _Wrong("until", "a pause has an end", "Write when, or give another reason.")
        return ScopeEntry(
            reason=reason,
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
        try:
            return read_time(text) if text else None
        except NoTimeError:
            what = "this is no time"
            raise _Wrong(column, what, "Write it as 2026-11-22T14:03:11Z, or as a date.") from None

    def _cell(self, record: Record, column: str) -> str:
        place = self._header.places.get(column)
        if place is None or place >= len(record.cells):
            return ""
        text = unescape_cell(record.cells[place])
        if not is_utf_8(text):
            raise _Wrong(column, "it is not UTF-8", "Save the file as CSV in UTF-8.")
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
    if reason := _BY_WORD.get(plain(text)):
        return reason
    known = ", ".join(reason.value for reason in REASONS)
    raise _Wrong("reason", "this is no reason for a suppression", f"Write one of: {known}.")


_BY_WORD = {plain(word): reason for reason, aliases in REASONS.items() for word in (reason.value, *aliases)}
