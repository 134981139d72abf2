"""One message's way from the suppression check to its mark: claim, one request, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.sending import attempt
from postroad.sending.decisions import Decision, Later, Refused, Sent, Settled, Waits, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.pauses import after_busy, after_unusable
from postroad.sending.rows import Entered
from postroad.suppression.model import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.fuse import Fuse
    from postroad.sending.limits import Limits
    from postroad.sending.mail import Prepared
    from postroad.sending.ports import Mailer
    from postroad.sending.rows import Rows
    from postroad.sending.waiting import Waiting
    from postroad.suppression.model import ScopeEntry, Suppression

FRESH = timedelta(seconds=5)
"""A suppression check older than this is not good enough to send on."""


class Delivery:
    """Delivers prepared messages, each with at most one request to SES."""

    def __init__(
        self, *, rows: Rows, waiting: Waiting, mailer: Mailer, fuse: Fuse, clock: Clock, limits: Limits
    ) -> None:
        """Use these parts and bounds; safe to use from several threads."""
        self._rows = rows
        self._waiting = waiting
        self._mailer = mailer
        self._fuse = fuse
        self._clock = clock
        self._limits = limits

    def begin(self) -> None:
        """Begin an invocation."""
        self._mailer.wake(self._clock.now())

    def deliver(
        self,
        prepared: Prepared,
        suppressions: Sequence[Suppression],
        *,
        owner: str,
        checked_at: datetime,
        deadline: datetime,
    ) -> Decision:
        """Decide about one message and carry the decision out.

        `suppressions` of its recipient were read at `checked_at`. `owner` is new for each call, so that no
        two claims are alike. `deadline` is when the function is stopped. Raises a TransientError when the
        stores can't be asked; whatever SES does ends as a decision.
        """
        now = self._clock.now()
        record = prepared.parsed.record
        stop = self._stop(prepared, suppressions, now)
        if stop is not None:
            status = Status.UNSUBSCRIBED if stop.reason is Reason.UNSUBSCRIBED else Status.SUPPRESSED
            return self._settle(record, prepared.row, status, stop.reason, now)
        if not prepared.allowed:
            self._waiting.keep(record, prepared.row, now)
            held = self._settle(record, prepared.row, Status.HELD, Reason.RECIPIENT_NOT_ALLOWED, now)
            if isinstance(held, Refused):
                self._waiting.forget(prepared.row)
            return held
        if not self._may_request(now, checked_at=checked_at, deadline=deadline):
            return Later(now, Why.NO_TIME_LEFT)
        row = attempt.claimed(prepared.row, owner=owner, now=now, lease=self._limits.lease)
        claim = self._rows.enter(record, row, now=now)
        if not isinstance(claim, Entered):
            return claim
        return self._request(prepared, claim.row, checked_at=checked_at, deadline=deadline)

    def has_time(self, now: datetime, *, deadline: datetime) -> bool:
        """Say whether a request that begins now has its answer, or its failure, before the deadline."""
        return now + self._limits.request < deadline

    def expire(self, row: Row, record: Record, *, now: datetime) -> Decision:
        """End a message that came too late; `row` is the one with which it would begin."""
        return self._settle(record, row, Status.EXPIRED, Reason.EXPIRED, now)

    def schedule(self, row: Row, record: Record, *, due: datetime, now: datetime) -> Decision:
        """Let a message wait for its time; `row` is the one with which it would begin."""
        decided = self._rows.decided(row.message_id, record, fingerprint=row.fingerprint, now=now)
        if decided is not None:
            return decided
        self._waiting.keep(record, row, due)
        entered = self._rows.enter(record, attempt.scheduled(row, due=due, now=now), now=now)
        if isinstance(entered, Entered):
            return Waits(Reason.SEND_AT, self._waiting.point(entered.row, now=now), is_new=True)
        if isinstance(entered, Refused):
            self._waiting.forget(row)
        return entered

    def _stop(
        self, prepared: Prepared, suppressions: Sequence[Suppression], now: datetime
    ) -> ScopeEntry | None:
        """Return what forbids this mail, or None."""
        topic = prepared.parsed.message.topic
        stream, kind = self._limits.stream, self._limits.kind
        stops = (blocks(one, stream=stream, kind=kind, topic=topic, now=now) for one in suppressions)
        return next((stop for stop in stops if stop is not None), None)

    def _may_request(self, now: datetime, *, checked_at: datetime, deadline: datetime) -> bool:
        return self.has_time(now, deadline=deadline) and abs(now - checked_at) < FRESH

    def _settle(self, record: Record, row: Row, status: Status, reason: Reason, now: datetime) -> Decision:
        row = attempt.settled(row, status, reason.value, now=now, retention=self._limits.retention)
        entered = self._rows.enter(record, row, now=now)
        if not isinstance(entered, Entered):
            return entered
        if status is not Status.HELD:
            self._waiting.forget_done(record, row)
        return Settled(status, reason.value)

    def _request(
        self, prepared: Prepared, claim: Row, *, checked_at: datetime, deadline: datetime
    ) -> Decision:
        """Send the mail with one request, and write down what became of it."""
        now = self._clock.now()
        record = prepared.parsed.record
        # The claim itself may have taken long: look again, now that nothing but the request is left to do.
        until = min(deadline, claim.lease_until or deadline)
        if not self._may_request(now, checked_at=checked_at, deadline=until):
            return self._release(claim, Later(now, Why.NO_TIME_LEFT))
        latest = min(until - self._limits.request, checked_at + FRESH)
        try:
            ses_message_id = self._mailer.send(prepared.mail_of(claim.attempt), deadline=latest)
        except RefusedBySesError as error:
            self._fuse.hear(None, now=self._clock.now())
            return self._fail(record, claim, error)
        except TooLateError:
            return self._release(claim, Later(self._clock.now(), Why.NO_TIME_LEFT))
        except SesBusyError as error:
            self._fuse.hear(error.why, now=self._clock.now())
            later = Later(after_busy(self._clock.now(), record), error.why)
            return self._release(claim, later, error.code)
        except SesUnusableError as error:
            self._fuse.hear(error.why, now=self._clock.now())
            at = after_unusable(self._clock.now(), record, self._limits.pause)
            return self._release(claim, Later(at, error.why, error.code), error.code)
        except Exception as error:  # noqa: BLE001  whatever it is, SES may have the mail
            self._fuse.hear(Why.NO_ANSWER, now=self._clock.now())
            is_known = isinstance(error, UnknownOutcomeError)
            note = str(error) if is_known else f"unexpected {type(error).__name__}"
            return self._wait_for_evidence(record, claim, note)
        self._fuse.hear(None, now=self._clock.now())
        return self._mark_sent(record, claim, ses_message_id)

    def _mark_sent(self, record: Record, claim: Row, ses_message_id: str) -> Decision:
        now = self._clock.now()

        def change(row: Row) -> Row:
            return attempt.accepted(
                row, claim, ses_message_id=ses_message_id, now=now, retention=self._limits.retention
            )

        try:
            self._rows.change(claim, change)
        except TransientError:
            # Sent, and not written down. No other copy is sent, since the claim stands; and the mail's own
            # events will move the row.
            return Later(claim.lease_until or now, Why.STORE_UNAVAILABLE)
        self._waiting.forget_done(record, claim)
        return Sent(ses_message_id)

    def _release(self, claim: Row, later: Later, code: str = "") -> Decision:
        note = f"attempt {claim.attempt} was not sent: {later.why.replace('_', ' ')}"
        if code:
            note = f"{note} ({code})"
        self._rows.change(claim, lambda row: attempt.released(row, claim, note=note))
        return later

    def _fail(self, record: Record, claim: Row, error: RefusedBySesError) -> Decision:
        """Keep the body, since an operator may re-open the message, and write down SES's refusal."""
        now = self._clock.now()
        note = ""
        try:
            self._waiting.keep(record, claim, now)
        except TransientError:
            # That it was not sent is known now, and would be forgotten if this were tried again later.
            note = "its body could not be kept: enqueue it again under a new id"
        stands = self._rows.change(
            claim,
            lambda row: attempt.refused_by_ses(
                row,
                claim,
                reason=error.reason,
                detail=error.code,
                note=note,
                now=now,
                retention=self._limits.retention,
            ),
        )
        if stands is None or stands.status is Status.FAILED:
            return Settled(Status.FAILED, error.reason.value)
        return self._rows.overtaken(stands, now=now)

    def _wait_for_evidence(self, record: Record, claim: Row, note: str) -> Decision:
        """Let the message wait, or hold it where the stream says so: nobody knows whether it was sent."""
        now = self._clock.now()
        note = f"attempt {claim.attempt}: {note}"
        # SES had the request no later than it could take after the claim; a function that was frozen in the
        # middle of it may have made it later.
        claimed_at = (claim.lease_until or now) - self._limits.lease
        after = max(claimed_at, now - self._limits.request) + self._limits.evidence
        self._waiting.keep(record, claim, max(after, now))
        stands = self._rows.change(
            claim, lambda row: self._rows.undecided(row, claim, evidence_after=after, note=note, now=now)
        )
        return self._after_unknown(claim, stands, now)

    def _after_unknown(self, claim: Row, stands: Row | None, now: datetime) -> Decision:
        if stands is None:
            return Settled(Status.HELD, Reason.UNKNOWN_OUTCOME.value)
        if stands.status is Status.HELD:
            return Settled(stands.status, stands.reason)
        if attempt.is_awaiting_evidence(stands) and stands.owner == claim.owner:
            return Waits(Reason.UNKNOWN_OUTCOME, self._waiting.point(stands, now=now), is_new=True)
        return self._rows.overtaken(stands, now=now)
