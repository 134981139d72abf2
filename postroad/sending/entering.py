"""Rows of several messages entered at once: the first of each, or the successor of one that is plainly open.

What else stands in a row's place decides about its copy alone: see `Rows.enter`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.ledger.row import Row
from postroad.sending.attempt import following
from postroad.sending.rows import Entered, Tried

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.ledger.ports import Ledger
    from postroad.records import Record
    from postroad.sending.rows import Outcome, Rows


class Entering:
    """Enters the rows of one stream."""

    def __init__(self, *, ledger: Ledger, rows: Rows) -> None:
        """Write into this ledger, where `rows` says that there is room."""
        self._ledger = ledger
        self._rows = rows

    def enter_many(self, entries: Sequence[tuple[Record, Row]], *, now: datetime) -> list[Tried]:
        """Try to let these rows of as many messages stand; one outcome for each, in order.

        Raises no TransientError: what can't be asked or written is one of the outcomes.
        """
        found = self._known(entries)
        fresh = [row for _, row in entries if row.message_id not in found]
        if fresh:
            inserted = self._ledger.insert_many(fresh)
            found |= {row.message_id: outcome for row, outcome in zip(fresh, inserted, strict=True)}
        found |= self._over_open(entries, found, now)
        return [Tried(found[row.message_id]) for _, row in entries]

    def _known(self, entries: Sequence[tuple[Record, Row]]) -> dict[str, Outcome]:
        """Return what stands for the copies that pointers brought.

        A row stands for each of them; an insertion would fail, and be billed as one that doesn't.
        """
        pointed = [row.message_id for record, row in entries if record.generation]
        if not pointed:
            return {}
        try:
            return dict(self._ledger.get_many(pointed))
        except TransientError as error:
            return dict.fromkeys(pointed, error)

    def _over_open(
        self, entries: Sequence[tuple[Record, Row]], found: dict[str, Outcome], now: datetime
    ) -> dict[str, Outcome]:
        """Write over the rows that are open by what stands in them alone."""
        successors: list[Row] = []
        for record, row in entries:
            standing = found[row.message_id]
            if isinstance(standing, Row) and self._rows.is_open(
                standing, fingerprint=row.fingerprint, generation=record.generation, now=now
            ):
                successors.append(following(row, standing))
        if not successors:
            return {}
        outcomes: dict[str, Outcome] = {}
        for row, replaced in zip(successors, self._ledger.replace_many(successors), strict=True):
            if isinstance(replaced, TransientError):
                outcomes[row.message_id] = replaced
            elif replaced:
                outcomes[row.message_id] = Entered(row)
            # Else somebody was faster. What was read stays the outcome: who goes on with it fails, too.
        return outcomes
