"""Gives mailboxes up that keep refusing for now, and takes that back where a mail arrived after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Reason
from postroad.feedback.soft_runs import (
    MOST_ROWS,
    ROWS_AT_ONCE,
    entry_for_run,
    last_lifted,
    may_go_on,
)
from postroad.feedback.suppressing import SOURCE
from postroad.suppression.model import ALL_STREAMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.feedback.soft_runs import SoftBounceRule
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.suppression.ports import SuppressionStore

ARRIVED = "one of these mails arrived after all: its bounce was a reply to it"


class GivingUp:
    """Looks at the latest mails of an address, after their rows were moved."""

    def __init__(self, *, ledger: Ledger, suppressions: SuppressionStore, rule: SoftBounceRule) -> None:
        """Read rows and suppress here, by this rule."""
        self._ledger = ledger
        self._suppressions = suppressions
        self._rule = rule

    def look(self, key: str, email: str, *, arrived: datetime | None) -> None:
        """Suppress the address if its run is long enough.

        `arrived`: when a mail was delivered that bounced softly, if that became known. News of a bounce come
        before those of a delivery, so such a bounce may have completed a run that there never was.
        """
        rows = self._latest(key)
        if entry_for_run(rows, self._rule, after=None) is None:
            if arrived is not None:
                self._take_back(key, arrived)
            return
        lifted = last_lifted(self._suppressions.history(key))
        entry = entry_for_run(rows, self._rule, after=lifted)
        if entry is not None:
            self._suppressions.suppress(key, email, ALL_STREAMS, entry)

    def _take_back(self, key: str, arrived: datetime) -> None:
        """Lift what a run brought about; anything else that stands there stays."""
        self._suppressions.lift(
            key, ALL_STREAMS, source=SOURCE, now=arrived, note=ARRIVED,
            only=lambda entry: entry.reason is Reason.SOFT_BOUNCES and entry.source == SOURCE,
        )  # fmt: skip

    def _latest(self, key: str) -> Sequence[Row]:
        """Return the latest rows of an address: as many as a run may need, or `MOST_ROWS`."""
        rows: dict[str, Row] = {}
        until = None
        while len(rows) < MOST_ROWS:
            page = self._ledger.by_recipient(key, limit=ROWS_AT_ONCE, may_be_old=False, until=until)
            more = {row.message_id: row for row in page if row.message_id not in rows}
            rows |= more
            if not more or len(page) < ROWS_AT_ONCE or not may_go_on(page):
                break
            until = page[-1].times["accepted"]
        return list(rows.values())
