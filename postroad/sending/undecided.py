"""Attempts of which nobody can say whether they were sent: they wait for evidence, or for an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.sending import attempt
from postroad.sending.decisions import Later, Settled, Waits, Why
from postroad.sending.pauses import after_race, after_silence

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.limits import Limits
    from postroad.sending.standing_rows import StandingRows
    from postroad.sending.waiting import Waiting

CRASHED = "it ended without saying whether SES took the mail"


class Undecided:
    """The undecided attempts of one stream. Raises a TransientError when the stores can't be asked."""

    def __init__(self, *, standing_rows: StandingRows, waiting: Waiting, limits: Limits) -> None:
        """Use these stores; safe to use from several threads."""
        self._standing_rows = standing_rows
        self._waiting = waiting
        self._limits = limits

    def unanswered(self, record: Record, claim: Row, *, note: str, now: datetime) -> Decision:
        """Decide about a claim whose request had no answer; `note` says how it ended."""
        note = f"attempt {claim.attempt}: {note}"
        # SES had the request no later than it could take after the claim; a function that was frozen in the
        # middle of it may have made it later.
        claimed_at = (claim.lease_until or now) - self._limits.lease
        after = max(claimed_at, now - self._limits.request) + self._limits.evidence
        self._waiting.keep(record, claim, max(after, now))
        stands = self._standing_rows.change(
            claim, lambda row: self._row(row, claim, evidence_after=after, note=note, now=now)
        )
        if stands is None:
            return Settled(Status.HELD, Reason.UNKNOWN_OUTCOME.value)
        if stands.status is Status.HELD:
            return Settled(stands.status, stands.reason)
        if attempt.is_awaiting_evidence(stands) and stands.owner == claim.owner:
            return Waits(Reason.UNKNOWN_OUTCOME, self._waiting.point(stands, now=now), is_new=True)
        return self._standing_rows.overtaken(stands, now=now)

    def abandoned(self, record: Record, standing: Row, lease_until: datetime, *, now: datetime) -> Decision:
        """Decide about a claim whose owner died, or froze, before its lease ended."""
        note = f"attempt {standing.attempt}: {CRASHED}"
        after = lease_until + self._limits.evidence_after_crash
        row = self._row(standing, standing, evidence_after=after, note=note, now=now)
        if row is None or row.status is Status.HELD:
            return self._hold(record, standing, row, now)
        return self._standing_rows.wait(record, row, standing, is_new=True, now=now)

    def unproven(self, record: Record, standing: Row, *, is_turn: bool, now: datetime) -> Decision:
        """Decide about a row that waits for evidence in vain; `is_turn` says that this copy is to look."""
        if self._limits.holds_unknown:
            note = f"attempt {standing.attempt}: this stream holds what nobody can say the outcome of"
            row = attempt.held(standing, standing, reason=Reason.UNKNOWN_OUTCOME, note=note, now=now)
            return self._hold(record, standing, row, now)
        if not is_turn:
            return self._standing_rows.wait_on(record, standing, now=now)
        due = after_silence(now, looks=standing.generation, lead=self._limits.lead)
        row = attempt.rescheduled(standing, due=due)
        return self._standing_rows.wait(record, row, standing, is_new=False, now=now)

    def _row(self, row: Row, claim: Row, *, evidence_after: datetime, note: str, now: datetime) -> Row | None:
        """Return the row whose attempt may have been sent: waiting for evidence, or held where it must be."""
        if self._limits.holds_unknown:
            return attempt.held(row, claim, reason=Reason.UNKNOWN_OUTCOME, note=note, now=now)
        return attempt.unknown(
            row,
            claim,
            evidence_after=evidence_after,
            due=max(evidence_after, now),
            attempts_max=self._limits.attempts_max,
            note=note,
            now=now,
        )

    def _hold(self, record: Record, standing: Row, row: Row | None, now: datetime) -> Decision:
        if row is None:
            return Later(after_race(now), Why.RACE)
        moved = self._standing_rows.follow(record, row, standing, due=now, now=now)
        return moved or Settled(row.status, row.reason)
