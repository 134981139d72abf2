"""Rows that stand already: changed by whoever claimed them, or left to whoever moved them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.ledger.row import UNSETTLED
from postroad.sending import attempt
from postroad.sending.decisions import Duplicate, Later, Waits, Why
from postroad.sending.judging import REOPENABLE
from postroad.sending.pauses import after_race

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.errors import TransientError
    from postroad.ledger.ports import Change, Ledger
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.waiting import Waiting

STILL_OPEN = UNSETTLED | {Status.INVALID}


class StandingRows:
    """The rows of one stream that stand. Raises a TransientError when the stores can't be asked."""

    def __init__(self, *, ledger: Ledger, waiting: Waiting) -> None:
        """Use these stores; safe to use from several threads."""
        self._ledger = ledger
        self._waiting = waiting

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        """Write several rows, each over the version before its own; one outcome for each."""
        return self._ledger.replace_many(rows)

    def change(self, claim: Row, change: Change) -> Row | None:
        """Apply a change to the claim as we wrote it; read it again only if somebody moved it meanwhile."""
        changed = change(claim)
        if changed is not None:
            changed = attempt.next_version(changed, claim)
            if self._ledger.replace(changed, expected=claim.version):
                return changed
        return self.change_moved(claim, change)

    def change_moved(self, claim: Row, change: Change) -> Row | None:
        """Apply a change to the row of a claim that somebody moved meanwhile."""
        return self._ledger.apply(claim.message_id, change)

    def overtaken(self, stands: Row | None, *, now: datetime) -> Decision:
        """Return what becomes of a copy whose row somebody else has moved, after its body was kept.

        Where he brought it to an end, the body was kept for nothing; else this copy may be the only one left.
        """
        if stands is None or stands.status in STILL_OPEN:
            return Later(after_race(now), Why.RACE)
        if stands.status not in REOPENABLE:
            self._waiting.forget(stands)
        return Duplicate()

    def wait_on(self, record: Record, standing: Row, *, now: datetime) -> Decision:
        """Make sure that body and pointer of a row that waits are there."""
        self._waiting.keep(record, standing, standing.due or now)
        return Waits(Reason(standing.reason), self._waiting.point(standing, now=now), is_new=False)

    def wait(self, record: Record, row: Row, standing: Row, *, is_new: bool, now: datetime) -> Decision:
        """Let `row`, which waits, follow the row that stands."""
        moved = self.follow(record, row, standing, due=row.due or now, now=now)
        return moved or Waits(Reason(row.reason), self._waiting.point(row, now=now), is_new=is_new)

    def follow(
        self, record: Record, row: Row, standing: Row, *, due: datetime, now: datetime
    ) -> Decision | None:
        """Keep the body until after `due`, and let `row` follow the row that stands.

        Returns None, or what becomes of the copy if somebody else moved the row meanwhile.
        """
        self._waiting.keep(record, row, due)
        if self._ledger.replace(attempt.next_version(row, standing), expected=standing.version):
            return None
        return self.overtaken(self._ledger.get(row.message_id), now=now)
