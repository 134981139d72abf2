"""The one loop that changes a row: read, decide, write if nobody else has written meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.ledger.errors import LedgerBusyError

if TYPE_CHECKING:
    from postroad.ledger.ports import Change, Ledger
    from postroad.ledger.row import Row

MOST_TRIES = 10


def apply_change(ledger: Ledger, message_id: str, change: Change) -> Row | None:
    """Apply a pure change to one row; see `Ledger.apply`."""
    for _ in range(MOST_TRIES):
        row = ledger.get(message_id)
        if row is None:
            return None
        changed = change(row)
        if changed is None or changed == row:
            return row
        changed = replace(changed, version=row.version + 1)
        if ledger.replace(changed, expected=row.version):
            return changed
    raise LedgerBusyError(f"the row was changed by others {MOST_TRIES} times in a row: try again")
