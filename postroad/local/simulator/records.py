"""What the inbox reads of Postroad's own tables: the port, and what stands in for it in tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from postroad.explaining.meanings import NOT_SENT
from postroad.ledger.row import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.suppression.model import Suppression

MOST_EXAMINED = 20_000
"""Rows that one look at the whole table reads at most."""


class RecordsUnavailableError(Exception):
    """The tables can't be read now; the text says why in one line, and holds no address."""


@dataclass(frozen=True, slots=True)
class Examined:
    """Rows found by a look at the table; `whole` is whether it got to the table's end."""

    rows: tuple[Row, ...] = ()
    whole: bool = True


class Records(Protocol):
    """Reads alone. Every call may raise RecordsUnavailableError, and may take seconds."""

    def rows(self, message_ids: Sequence[str]) -> Mapping[str, Row]:
        """Return the rows of these messages, by id; those that have none are left out."""
        ...

    def not_sent(self) -> Examined:
        """Return every row whose message was not sent, in no particular order, as far as the look goes."""
        ...

    def suppression(self, address_key: str) -> Suppression | None:
        """Return what stops this address, or None."""
        ...


@dataclass(slots=True)
class MemoryRecords:
    """`Records` in a dictionary; `trouble` makes each call fail with it."""

    known: dict[str, Row] = field(default_factory=dict)
    suppressions: dict[str, Suppression] = field(default_factory=dict)
    trouble: str = ""
    most_examined: int = MOST_EXAMINED
    calls: int = 0

    def add(self, *rows: Row) -> None:
        self.known |= {row.message_id: row for row in rows}

    def rows(self, message_ids: Sequence[str]) -> Mapping[str, Row]:
        self._ask()
        return {each: self.known[each] for each in message_ids if each in self.known}

    def not_sent(self) -> Examined:
        self._ask()
        looked_at = [*self.known.values()][: self.most_examined]
        whole = len(looked_at) == len(self.known)
        return Examined(tuple(row for row in looked_at if row.status in NOT_SENT), whole)

    def suppression(self, address_key: str) -> Suppression | None:
        self._ask()
        return self.suppressions.get(address_key)

    def _ask(self) -> None:
        self.calls += 1
        if self.trouble:
            raise RecordsUnavailableError(self.trouble)


def latest_time(row: Row) -> datetime | None:
    """Return when the last thing happened to a message."""
    return max(row.times.values(), default=None) if row.times is not NEVER else None


def newest_first(rows: Iterable[Row]) -> list[Row]:
    """Sort by the last thing that happened; rows without any time come last."""
    dated = [(latest_time(row), row) for row in rows]
    known = [(at, row) for at, row in dated if at is not None]
    known.sort(key=lambda each: (each[0], each[1].message_id), reverse=True)
    return [row for _, row in known] + [row for at, row in dated if at is None]
