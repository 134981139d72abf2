"""One message's way from the suppression check to SES: what shall stand in its row, and what follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.caps.counting import Full
from postroad.contract.times import is_expired
from postroad.contract.words import Reason, Status
from postroad.sending import attempt
from postroad.sending.decisions import Later, Refused, Settled, Waits, Why
from postroad.sending.pauses import after_race, after_trouble
from postroad.sending.requesting import too_late
from postroad.sending.rows import Entered
from postroad.suppression.model import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.caps.counting import Counting
    from postroad.clock import Clock
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.erased import Erased
    from postroad.sending.limits import Limits
    from postroad.sending.mail import Prepared
    from postroad.sending.requesting import Accepted, Requests
    from postroad.sending.rows import Rows, Tried
    from postroad.sending.waiting import Waiting
    from postroad.sending.window import Window
    from postroad.suppression.model import ScopeEntry, Suppression

COUNTED_LATE = timedelta(minutes=1)
"""A mail that leaves so long after it was counted is counted anew, from when it leaves."""


class Delivery:
    """Delivers prepared messages."""

    def __init__(
        self,
        *,
        rows: Rows,
        waiting: Waiting,
        requests: Requests,
        erased: Erased,
        clock: Clock,
        limits: Limits,
        counting: Counting | None = None,
    ) -> None:
        """Use these parts and bounds; safe to use from several threads.

        `counting` is for streams with caps.
        """
        self._counting = counting
        self._rows = rows
        self._erased = erased
        self._waiting = waiting
        self._requests = requests
        self._clock = clock
        self._limits = limits

    def begin(self) -> None:
        """Begin an invocation."""
        self._requests.begin()

    def plan(
        self, prepared: Prepared, suppressions: Sequence[Suppression], *, owner: str, window: Window
    ) -> Row | Later:
        """Return the row that shall stand: a claim, or the end of a message that nobody may be mailed.

        `suppressions` are those of its recipient. `owner` is new for each call, so that no two claims are
        alike. Writes nothing.
        """
        now = self._clock.now()
        if is_expired(prepared.parsed.message, received_at=prepared.parsed.record.first_sent, now=now):
            row = self._settled(prepared.row, Status.EXPIRED, Reason.EXPIRED, now)  # it waited for the rate
            return self._erased.row_of(row, suppressions, now=now)
        stop = self._stop(prepared, suppressions, now)
        if stop is not None:
            status = Status.UNSUBSCRIBED if stop.reason is Reason.UNSUBSCRIBED else Status.SUPPRESSED
            row = self._settled(prepared.row, status, stop.reason, now)
            return self._erased.row_of(row, suppressions, now=now)
        if not prepared.allowed:
            return self._settled(prepared.row, Status.HELD, Reason.RECIPIENT_NOT_ALLOWED, now)
        if (why := window.refuses(now)) is not None:
            return too_late(prepared.parsed.record, why, now)
        return attempt.claimed(prepared.row, owner=owner, now=now, lease=self._limits.lease)

    def carry_out(
        self, prepared: Prepared, row: Row, *, window: Window, tried: Tried | None
    ) -> Accepted | Decision:
        """Let the planned row stand, and do what it stands for; see `Rows.enter` for `tried`.

        Raises a TransientError when the stores can't be asked.
        """
        now = self._clock.now()
        record = prepared.parsed.record
        if row.status is not Status.CLAIMED:
            return self._settle(record, row, now, tried=tried)
        claim = self._rows.enter(record, row, now=now, tried=tried)
        if not isinstance(claim, Entered):
            return claim
        if (crowded := self._counted_late(prepared, claim.row)) is not None:
            return crowded
        return self._requests.request(prepared, claim.row, window=window)

    def has_time(self, now: datetime, *, deadline: datetime) -> bool:
        """Say whether a request that begins now has its answer, or its failure, before the deadline."""
        return now + self._limits.request < deadline

    def expire(self, row: Row, record: Record, *, now: datetime) -> Decision:
        """End a message that came too late; `row` is the one with which it would begin."""
        return self.end(row, record, Status.EXPIRED, Reason.EXPIRED, now=now)

    def end(self, row: Row, record: Record, status: Status, reason: Reason, *, now: datetime) -> Decision:
        """End a message that may not leave; `row` is the one with which it would begin."""
        return self._settle(record, self._erased.row(self._settled(row, status, reason, now), now=now), now)

    def schedule(
        self, row: Row, record: Record, *, due: datetime, now: datetime, reason: Reason = Reason.SEND_AT
    ) -> Decision:
        """Let a message wait for its time; `row` is the one with which it would begin."""
        decided = self._rows.decided(row.message_id, record, fingerprint=row.fingerprint, now=now)
        if decided is not None:
            return decided
        self._waiting.keep(record, row, due)
        waits = attempt.scheduled(row, due=due, now=now, reason=reason)
        entered = self._rows.enter(record, waits, now=now)
        if isinstance(entered, Entered):
            return Waits(reason, self._waiting.point(entered.row, now=now), is_new=True)
        if isinstance(entered, Refused):
            self._waiting.forget(row)
        return entered

    def _counted_late(self, prepared: Prepared, claim: Row) -> Later | None:
        """Count a mail as of now that was counted a while ago; None if it may go, as nearly all may.

        Nobody else sends it, since the claim is ours. Raises a TransientError, with the claim released.
        """
        slot, now = prepared.slot, self._clock.now()
        if slot is None or self._counting is None or now - slot.at < COUNTED_LATE:
            return None
        record = prepared.parsed.record
        try:
            renewed = self._counting.renew(slot, now=now)
        except Exception:
            # Left standing, the claim would look like one whose owner died with the mail sent.
            self._requests.release(claim, Later(after_trouble(now, record), Why.STORE_UNAVAILABLE))
            raise
        if isinstance(renewed, Full):
            return self._requests.release(claim, Later(after_race(now), Why.CAPPED))
        return None

    def _stop(
        self, prepared: Prepared, suppressions: Sequence[Suppression], now: datetime
    ) -> ScopeEntry | None:
        """Return what forbids this mail, or None."""
        topic = prepared.parsed.message.topic
        stream, kind = self._limits.stream, self._limits.kind
        stops = (blocks(one, stream=stream, kind=kind, topic=topic, now=now) for one in suppressions)
        return next((stop for stop in stops if stop is not None), None)

    def _settled(self, row: Row, status: Status, reason: Reason, now: datetime) -> Row:
        retention = self._limits.retention.after(status)
        return attempt.settled(row, status, reason.value, now=now, retention=retention)

    def _settle(self, record: Record, row: Row, now: datetime, *, tried: Tried | None = None) -> Decision:
        """Let a row stand with which its message ends here, or waits for an operator with its body."""
        is_held = row.status is Status.HELD
        if is_held:
            self._waiting.keep(record, row, now)
        entered = self._rows.enter(record, row, now=now, tried=tried)
        if isinstance(entered, Refused) and is_held:
            self._waiting.forget(row)
        if not isinstance(entered, Entered):
            return entered
        if not is_held:
            self._waiting.forget_done(record, row)
        return Settled(row.status, row.reason)
