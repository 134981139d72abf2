"""Recipients whose data were erased: what is not sent to them leaves nothing of them behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import StreamKind
from postroad.ledger.redacting import redacted
from postroad.stats.providers import provider_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.sending.limits import Limits
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore


class Erased:
    """Takes what tells of the erased out of the rows of one stream.

    Not of transactional mail: it is of a purchase that came after the erasure, or is what they are owed.
    """

    def __init__(self, suppressions: SuppressionStore, limits: Limits) -> None:
        """Ask these suppressions; safe to use from several threads."""
        self._suppressions = suppressions
        self._is_kept = limits.kind is StreamKind.TRANSACTIONAL

    def row(self, row: Row, *, now: datetime) -> Row:
        """Return the row as it may stand, whose recipient nobody has looked up so far.

        Raises a TransientError when the suppressions can't be asked.
        """
        if self._is_kept or not row.address_key:
            return row
        return self.row_of(row, self._suppressions.find([row.address_key]).values(), now=now)

    def row_of(self, row: Row, suppressions: Iterable[Suppression], *, now: datetime) -> Row:
        """Return the row as it may stand, whose recipient's suppressions are these."""
        if self._is_kept or not any(one.erased for one in suppressions):
            return row
        return redacted(row, provider=provider_of(row.email), now=now)
