"""The ledger in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from postroad.errors import TransientError
from postroad.ledger.updating import apply_change

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from postroad.ledger.ports import Change
    from postroad.ledger.row import Row

Outcome = TypeVar("Outcome")

MOST_ROWS = 100
"""Of one recipient at once, as in DynamoDB."""


class MemoryLedger:
    """A `Ledger` in a dictionary, as strict about versions as the real one."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._rows: dict[str, Row] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many rows stand."""
        return len(self._rows)

    def __contains__(self, message_id: str) -> bool:
        """Say whether this message has a row."""
        return message_id in self._rows

    def rows(self) -> list[Row]:
        """Return every row, in the order in which they were first written."""
        return list(self._rows.values())

    def get(self, message_id: str) -> Row | None:
        """Return the row, or None."""
        return self._rows.get(message_id)

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        """Return the rows of these messages, by message id; here none is ever old."""
        del may_be_old
        return {
            message_id: row for message_id in message_ids if (row := self._rows.get(message_id)) is not None
        }

    def insert(self, row: Row) -> Row | None:
        """Write a message's first row, or return the one that stands."""
        with self._lock:
            standing = self._rows.setdefault(row.message_id, row)
        return None if standing == row else standing

    def replace(self, row: Row, *, expected: int) -> bool:
        """Write over version `expected`, and say whether the row now stands."""
        with self._lock:
            standing = self._rows.get(row.message_id)
            if standing is None:
                return False
            if standing.version == expected:
                self._rows[row.message_id] = row
                return True
            return standing == row

    def insert_many(self, rows: Sequence[Row]) -> list[Row | TransientError | None]:
        """Write the first rows of several messages; see `Ledger.insert_many`."""
        return [_tried(self.insert, row) for row in rows]

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        """Write the next rows of several messages; see `Ledger.replace_many`."""
        return [_tried(lambda row: self.replace(row, expected=row.version - 1), row) for row in rows]

    def apply(self, message_id: str, change: Change) -> Row | None:
        """Change one row; see `Ledger.apply`."""
        return apply_change(self, message_id, change)

    def by_recipient(
        self, address_key: str, *, limit: int, may_be_old: bool = True, until: datetime | None = None
    ) -> Sequence[Row]:
        """Return the latest rows of one recipient, newest first; here none is ever old."""
        del may_be_old
        found = [
            row
            for row in self._rows.values()
            if row.address_key == address_key
            and "accepted" in row.times
            and (until is None or row.times["accepted"] <= until)
        ]
        return sorted(found, key=lambda row: row.times["accepted"], reverse=True)[: min(limit, MOST_ROWS)]


def _tried(write: Callable[[Row], Outcome], row: Row) -> Outcome | TransientError:
    """Return what became of one row; a test may make this one alone fail."""
    try:
        return write(row)
    except TransientError as error:
        return error
