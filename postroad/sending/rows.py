"""The ledger as sending uses it: a row is entered, or the row that stands decides about the copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import Row
from postroad.sending import attempt
from postroad.sending.decisions import Duplicate, Later, Refused, Why
from postroad.sending.judging import (
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
from postroad.sending.pauses import after_lease, after_race

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.evidence.ports import Watermarks
    from postroad.ledger.ports import Ledger
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.judging import Closed, Meaning
    from postroad.sending.limits import Limits
    from postroad.sending.standing_rows import StandingRows
    from postroad.sending.undecided import Undecided
    from postroad.sending.waiting import Waiting


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

    def __init__(
        self,
        *,
        ledger: Ledger,
        watermarks: Watermarks,
        standing_rows: StandingRows,
        undecided: Undecided,
        waiting: Waiting,
        limits: Limits,
    ) -> None:
        """Use these stores and parts; safe to use from several threads."""
        self._ledger = ledger
        self._watermarks = watermarks
        self._standing_rows = standing_rows
        self._undecided = undecided
        self._waiting = waiting
        self._limits = limits

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
        meaning = self._judged(standing, fingerprint=fingerprint, generation=record.generation, now=now)
        if isinstance(meaning, Open):
            return standing
        return self._opened(standing, meaning) or self._carried_out(record, standing, meaning, now)

    def _carried_out(self, record: Record, standing: Row, meaning: Closed, now: datetime) -> Decision:
        match meaning:
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
                return self._standing_rows.wait(record, row, standing, is_new=False, now=now)
            case Pending():
                return self._standing_rows.wait_on(record, standing, now=now)
            case Unproven(_, is_turn):
                return self._undecided.unproven(record, standing, is_turn=is_turn, now=now)
            case Abandoned(lease_until):
                return self._undecided.abandoned(record, standing, lease_until, now=now)
            case _:
                assert_never(meaning)

    def is_open(self, standing: Row, *, fingerprint: str, generation: int, now: datetime) -> bool:
        """Say whether the standing row is open to a copy by what it says itself; asks nobody."""
        meaning = self._judged(standing, fingerprint=fingerprint, generation=generation, now=now)
        return isinstance(meaning, Open)

    def open_row(self, row: Row, *, standing: Row, generation: int, now: datetime) -> Row | None:
        """Return the standing row, if it is open to `row`; unlike `meet` this writes nothing."""
        meaning = self._judged(standing, fingerprint=row.fingerprint, generation=generation, now=now)
        return self._opened(standing, meaning)

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

    def _judged(self, standing: Row, *, fingerprint: str, generation: int, now: datetime) -> Meaning:
        # A copy that went astray to this queue decides nothing about the message of another stream: that
        # stream's pointers, watermark and function do.
        if standing.stream != self._limits.stream and standing.status is not Status.INVALID:
            return Conflicting()
        return judge(standing, fingerprint=fingerprint, generation=generation, now=now)

    def _opened(self, standing: Row, meaning: Meaning) -> Row | None:
        """Return the row as its successor shall follow it, if the meaning or the evidence opens it."""
        match meaning:
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
