"""The ledger as sending uses it: a row is entered, or the row that stands decides about the copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import UNSETTLED, Row
from postroad.sending import attempt
from postroad.sending.decisions import Duplicate, Later, Refused, Settled, Waits, Why
from postroad.sending.judging import (
    REOPENABLE,
    Abandoned,
    Conflicting,
    Drop,
    Leased,
    NotDue,
    Open,
    Pending,
    Unproven,
    is_proof,
    judge,
)
from postroad.sending.pauses import after_lease, after_race, after_silence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.evidence.ports import Watermarks
    from postroad.ledger.ports import Change, Ledger
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.judging import Closed, Verdict
    from postroad.sending.limits import Limits
    from postroad.sending.waiting import Waiting

STILL_OPEN = UNSETTLED | {Status.INVALID}
CRASHED = "it ended without saying whether SES took the mail"


@dataclass(frozen=True, slots=True)
class Entered:
    """The row now stands."""

    row: Row


Outcome = Row | Entered | TransientError | None
"""Of a row's write, where it was one of many: the row that stands in its place; that it stands, over another;
the error that left this unknown; or None, that it is the first to stand."""


@dataclass(frozen=True, slots=True)
class Tried:
    """That the write of a row has been tried, and its outcome."""

    outcome: Outcome


class Rows:
    """The rows of one stream. Raises a TransientError when the stores can't be asked."""

    def __init__(self, *, ledger: Ledger, watermarks: Watermarks, waiting: Waiting, limits: Limits) -> None:
        """Use these stores; safe to use from several threads."""
        self._ledger = ledger
        self._watermarks = watermarks
        self._waiting = waiting
        self._limits = limits

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        """Write several rows, each over the version before its own; one outcome for each."""
        return self._ledger.replace_many(rows)

    def enter(
        self, record: Record, row: Row, *, now: datetime, tried: Tried | None = None
    ) -> Entered | Decision:
        """Write the message's row, if the row that stands leaves room for it.

        `tried` says how far that got where it was one of many: see `Entering`.
        """
        standing = self._ledger.insert(row) if tried is None else tried.outcome
        if isinstance(standing, TransientError):
            raise standing
        if isinstance(standing, Entered):
            return standing
        if standing is None:
            return Entered(row)
        met = self.meet(record, standing, fingerprint=row.fingerprint, now=now)
        if not isinstance(met, Row):
            return met
        row = attempt.following(row, met)
        if self._ledger.replace(row, expected=standing.version):
            return Entered(row)
        return Later(after_race(now), Why.RACE)

    def decided(self, message_id: str, record: Record, *, fingerprint: str, now: datetime) -> Decision | None:
        """Return what the message's row, if it has one, decides about a copy before anything else is done.

        None leaves it to the caller: no row stands, or one that is open.
        """
        standing = self._ledger.get(message_id)
        if standing is None:
            return None
        met = self.meet(record, standing, fingerprint=fingerprint, now=now)
        return None if isinstance(met, Row) else met

    def meet(self, record: Record, standing: Row, *, fingerprint: str, now: datetime) -> Row | Decision:
        """Return the standing row as its successor shall follow it, if it is open; else what it decides."""
        verdict = self._judged(standing, fingerprint=fingerprint, generation=record.generation, now=now)
        if isinstance(verdict, Open):
            return standing
        return self._opened(standing, verdict) or self._carried_out(record, standing, verdict, now)

    def _carried_out(self, record: Record, standing: Row, verdict: Closed, now: datetime) -> Decision:
        match verdict:
            case Drop(keeps_body):
                return self._drop(record, standing, keeps_body=keeps_body)
            case Conflicting():
                return Refused(Reason.CONFLICT)
            case Leased(until):
                return Later(after_lease(until, seed=record.sqs_id), Why.LIVE_LEASE)
            case NotDue(until) if self._waiting.is_near(until, now=now):
                return Later(until, Why.NOT_DUE)
            case NotDue(until):
                # Another pointer: the one that brought this copy is being removed, perhaps only now.
                row = attempt.rescheduled(standing, due=until)
                return self._wait(record, row, standing, is_new=False, now=now)
            case Pending():
                return self._wait_on(record, standing, now)
            case Unproven(_, is_turn):
                return self._wait_for_evidence(record, standing, is_turn=is_turn, now=now)
            case Abandoned(lease_until):
                return self._abandon(record, standing, lease_until, now)
            case _:
                assert_never(verdict)

    def is_open(self, standing: Row, *, fingerprint: str, generation: int, now: datetime) -> bool:
        """Say whether the standing row is open to a copy by what it says itself; asks nobody."""
        verdict = self._judged(standing, fingerprint=fingerprint, generation=generation, now=now)
        return isinstance(verdict, Open)

    def open_row(self, row: Row, *, standing: Row, generation: int, now: datetime) -> Row | None:
        """Return the standing row, if it is open to `row`; unlike `meet` this writes nothing."""
        verdict = self._judged(standing, fingerprint=row.fingerprint, generation=generation, now=now)
        return self._opened(standing, verdict)

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

    def count_failure(self, row: Row, *, note: str) -> int | None:
        """Count that the handling of a message broke, and return how often it did.

        `row` is the one with which it would begin. None: its row is not one to count on.
        """
        counted: list[Row | None] = []

        def change(standing: Row) -> Row | None:
            same = standing.fingerprint == row.fingerprint or standing.status is Status.INVALID
            counted.append(attempt.failed_again(standing, note=note) if same else None)
            return counted[-1]

        if self._ledger.apply(row.message_id, change) is None:
            if self._ledger.insert(attempt.failed(row, note=note)) is None:
                return 1
            self._ledger.apply(row.message_id, change)
        last = counted[-1] if counted else None
        return None if last is None else last.failures

    def _judged(self, standing: Row, *, fingerprint: str, generation: int, now: datetime) -> Verdict:
        # A copy that went astray to this queue decides nothing about the message of another stream: that
        # stream's pointers, watermark and function do.
        if standing.stream != self._limits.stream and standing.status is not Status.INVALID:
            return Conflicting()
        return judge(standing, fingerprint=fingerprint, generation=generation, now=now)

    def _opened(self, standing: Row, verdict: Verdict) -> Row | None:
        """Return the row as its successor shall follow it, if the verdict or the evidence opens it."""
        match verdict:
            case Open():
                return standing
            case Unproven(evidence_after) if not self._limits.holds_unknown:
                return self._by_evidence(standing, evidence_after)
            case Abandoned(lease_until) if not self._limits.holds_unknown:
                failures = standing.failures + 1
                if failures >= self._limits.attempts_max:
                    return None
                evidence_after = lease_until + self._limits.evidence_after_crash
                return self._by_evidence(replace(standing, failures=failures), evidence_after)
            case _:
                return None

    def _by_evidence(self, standing: Row, evidence_after: datetime) -> Row | None:
        # Read after the row. Evidence that was applied in between has moved the row's version, and whoever
        # writes over the one that was read fails.
        watermark = self._watermarks.read(self._limits.stream)
        if watermark is None or not is_proof(watermark, evidence_after):
            return None
        return standing.with_note(
            f"attempt {standing.attempt} was not sent: all that SES reported of mails up to "
            f"{watermark:%Y-%m-%d %H:%M:%S} UTC is known, and nothing of it"
        )

    def _drop(self, record: Record, standing: Row, *, keeps_body: bool) -> Decision:
        if not keeps_body:
            self._waiting.forget_done(record, standing)
        return Duplicate()

    def _wait_on(self, record: Record, standing: Row, now: datetime) -> Decision:
        self._waiting.keep(record, standing, standing.due or now)
        return Waits(Reason(standing.reason), self._waiting.point(standing, now=now), is_new=False)

    def _wait_for_evidence(self, record: Record, standing: Row, *, is_turn: bool, now: datetime) -> Decision:
        if self._limits.holds_unknown:
            note = f"attempt {standing.attempt}: this stream holds what nobody can say the outcome of"
            return self._hold(
                record,
                standing,
                attempt.held(standing, standing, reason=Reason.UNKNOWN_OUTCOME, note=note, now=now),
                now,
            )
        if not is_turn:
            return self._wait_on(record, standing, now)
        due = after_silence(now, looks=standing.generation, lead=self._limits.lead)
        row = attempt.rescheduled(standing, due=due)
        return self._wait(record, row, standing, is_new=False, now=now)

    def _abandon(self, record: Record, standing: Row, lease_until: datetime, now: datetime) -> Decision:
        note = f"attempt {standing.attempt}: {CRASHED}"
        after = lease_until + self._limits.evidence_after_crash
        row = self.undecided(standing, standing, evidence_after=after, note=note, now=now)
        if row is None or row.status is Status.HELD:
            return self._hold(record, standing, row, now)
        return self._wait(record, row, standing, is_new=True, now=now)

    def undecided(
        self, row: Row, claim: Row, *, evidence_after: datetime, note: str, now: datetime
    ) -> Row | None:
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
        self._waiting.keep(record, row, now)
        if not self._ledger.replace(attempt.next_version(row, standing), expected=standing.version):
            return self.overtaken(self._ledger.get(row.message_id), now=now)
        return Settled(row.status, row.reason)

    def _wait(self, record: Record, row: Row, standing: Row, *, is_new: bool, now: datetime) -> Decision:
        self._waiting.keep(record, row, row.due or now)
        if not self._ledger.replace(attempt.next_version(row, standing), expected=standing.version):
            return self.overtaken(self._ledger.get(row.message_id), now=now)
        return Waits(Reason(row.reason), self._waiting.point(row, now=now), is_new=is_new)
