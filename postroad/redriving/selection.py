"""Which messages an operator means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.redriving.judging import Risks, is_unfinished

if TYPE_CHECKING:
    from postroad.ledger.row import Row
    from postroad.redriving.candidate import Candidate, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Messages of one stream; each condition that is given must hold.

    `limit` is the most messages to send again. What was re-opened before and may not have moved belongs to
    each status and reason: it had one of them, and nothing else would finish it.
    """

    stream: str
    message_ids: frozenset[str] = frozenset()
    reason: str = ""
    status: Status | None = None
    limit: int = 1000
    despite_unknown_outcome: bool = False

    @property
    def risks(self) -> Risks:
        """What the operator takes upon himself: what SES refused for good must be named, or its status."""
        return Risks(
            unknown_outcome=self.despite_unknown_outcome,
            refusal=bool(self.message_ids) or self.status is Status.FAILED,
        )

    @property
    def wants_letters(self) -> bool:
        """Say whether the dead letters can hold what is meant: what is held or failed is kept elsewhere."""
        return self.status in (None, Status.INVALID)

    @property
    def wants_kept(self) -> bool:
        """Say whether the kept bodies can hold what is meant."""
        return self.status is not Status.INVALID

    def names(self, message_id: str) -> bool:
        """Say whether this id is meant."""
        return not self.message_ids or message_id in self.message_ids

    def means(self, candidate: Candidate, row: Row | None) -> bool:
        """Say whether this message is meant."""
        if not self.names(candidate.message_id):
            return False
        if row is not None and is_unfinished(row):
            return True
        if self.status is not None and (row is None or row.status is not self.status):
            return False
        reasons = {letter.reason for letter in candidate.letters} | ({row.reason} if row else set())
        return not self.reason or self.reason in reasons

    def means_unreadable(self, unreadable: Unreadable) -> bool:
        """Say whether a dead letter without a readable message is meant."""
        if not self.names(unreadable.shown_id):
            return False
        return not self.reason or self.reason == unreadable.letter.reason
