"""One message's way from the suppression check to its mark: claim, one request, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from postroad.contract.words import Reason, Status, StreamKind
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.sending import attempt
from postroad.sending.decisions import Decision, Duplicate, Later, Refused, Sent, Settled, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.judging import Abandoned, Conflicting, Drop, Leased, Open, judge
from postroad.sending.pauses import after_busy, after_lease, after_race, after_unusable
from postroad.suppression.model import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.bodies.ports import Bodies
    from postroad.clock import Clock
    from postroad.ledger.ports import Change, Ledger
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.mail import Prepared
    from postroad.sending.ports import Mailer
    from postroad.suppression.model import ScopeEntry, Suppression

FRESH = timedelta(seconds=5)
"""A suppression check older than this is not good enough to send on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a delivery in time."""

    kind: StreamKind
    stream: str
    lease: timedelta
    request: timedelta
    retention: timedelta
    body_retention: timedelta
    pause: timedelta


class Delivery:
    """Delivers prepared messages, each with at most one request to SES."""

    def __init__(
        self, *, ledger: Ledger, bodies: Bodies, mailer: Mailer, clock: Clock, limits: Limits
    ) -> None:
        """Use these ports and bounds; safe to use from several threads."""
        self._ledger = ledger
        self._bodies = bodies
        self._mailer = mailer
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
            self._keep_body(record, prepared.row, now)
            held = self._settle(record, prepared.row, Status.HELD, Reason.RECIPIENT_NOT_ALLOWED, now)
            if isinstance(held, Refused):
                self._bodies.delete(prepared.row.message_id, prepared.row.fingerprint)
            return held
        if not self._may_request(now, checked_at=checked_at, deadline=deadline):
            return Later(now, Why.NO_TIME_LEFT)
        row = attempt.claimed(prepared.row, owner=owner, now=now, lease=self._limits.lease)
        claim = self._enter(record, row, now)
        if not isinstance(claim, _Entered):
            return claim
        return self._request(prepared, claim.row, checked_at=checked_at, deadline=deadline)

    def decided(self, message_id: str, record: Record, *, fingerprint: str, now: datetime) -> Decision | None:
        """Return what the message's row, if it has one, decides about a copy that could not be sent itself.

        None leaves it to the caller: no row stands, or one that is open.
        """
        standing = self._ledger.get(message_id)
        if standing is None:
            return None
        return self._decided(record, standing, fingerprint=fingerprint, now=now)

    def has_time(self, now: datetime, *, deadline: datetime) -> bool:
        """Say whether a request that begins now has its answer, or its failure, before the deadline."""
        return now + self._limits.request < deadline

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

    def expire(self, row: Row, record: Record, *, now: datetime) -> Decision:
        """End a message that came too late; `row` is the one with which it would begin."""
        return self._settle(record, row, Status.EXPIRED, Reason.EXPIRED, now)

    def _settle(self, record: Record, row: Row, status: Status, reason: Reason, now: datetime) -> Decision:
        row = attempt.settled(row, status, reason.value, now=now, retention=self._limits.retention)
        entered = self._enter(record, row, now)
        return Settled(status, reason.value) if isinstance(entered, _Entered) else entered

    def _enter(self, record: Record, row: Row, now: datetime) -> _Entered | Decision:
        """Write the message's row, if the row that stands leaves room for it."""
        standing = self._ledger.insert(row)
        if standing is None:
            return _Entered(row)
        decision = self._decided(record, standing, fingerprint=row.fingerprint, now=now)
        if decision is not None:
            return decision
        row = attempt.following(row, standing)
        if self._ledger.replace(row, expected=standing.version):
            return _Entered(row)
        return Later(after_race(now), Why.RACE)

    def _decided(self, record: Record, standing: Row, *, fingerprint: str, now: datetime) -> Decision | None:
        """Return what the standing row decides about another copy, or None if it is open."""
        verdict = judge(standing, fingerprint=fingerprint, now=now)
        match verdict:
            case Drop():
                return Duplicate()
            case Conflicting():
                return Refused(Reason.CONFLICT)
            case Leased(until):
                return Later(after_lease(until, seed=record.sqs_id), Why.LIVE_LEASE)
            case Abandoned():
                return self._hold(record, standing, "it ended without saying whether SES took the mail", now)
            case Open():
                return None
            case _:
                assert_never(verdict)

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
        try:
            ses_message_id = self._mailer.send(prepared.mail_of(claim.attempt), deadline=until)
        except RefusedBySesError as error:
            return self._fail(record, claim, error)
        except SesBusyError as error:
            return self._release(claim, Later(after_busy(self._clock.now(), record), error.why))
        except SesUnusableError as error:
            at = after_unusable(self._clock.now(), record, self._limits.pause)
            return self._release(claim, Later(at, error.why))
        except UnknownOutcomeError as error:
            return self._hold(record, claim, str(error), self._clock.now())
        except Exception as error:  # noqa: BLE001  whatever it is, SES may have the mail
            return self._hold(record, claim, f"unexpected {type(error).__name__}", self._clock.now())
        return self._mark_sent(claim, ses_message_id)

    def _mark_sent(self, claim: Row, ses_message_id: str) -> Decision:
        now = self._clock.now()

        def change(row: Row) -> Row:
            return attempt.accepted(
                row, claim, ses_message_id=ses_message_id, now=now, retention=self._limits.retention
            )

        try:
            self._change(claim, change)
        except TransientError:
            # Sent, and not written down. No other copy is sent, since the claim stands; and the mail's own
            # events will move the row.
            return Later(claim.lease_until or now, Why.STORE_UNAVAILABLE)
        return Sent(ses_message_id)

    def _release(self, claim: Row, later: Later) -> Decision:
        note = f"attempt {claim.attempt} was not sent: {later.why.replace('_', ' ')}"
        self._change(claim, lambda row: attempt.released(row, claim, note=note))
        return later

    def _fail(self, record: Record, claim: Row, error: RefusedBySesError) -> Decision:
        """Keep the body, since an operator may re-open the message, and write down SES's refusal."""
        now = self._clock.now()
        note = ""
        try:
            self._keep_body(record, claim, now)
        except TransientError:
            # That it was not sent is known now, and would be forgotten if this were tried again later.
            note = "its body could not be kept: enqueue it again under a new id"
        self._change(
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
        return Settled(Status.FAILED, error.reason.value)

    def _hold(self, record: Record, claim: Row, note: str, now: datetime) -> Decision:
        """Keep the body and hold the row: nobody knows whether this attempt was sent."""
        self._keep_body(record, claim, now)
        note = f"attempt {claim.attempt}: {note}"
        stands = self._change(claim, lambda row: attempt.unknown(row, claim, note=note, now=now))
        if stands is None or stands.status is Status.HELD:
            return Settled(Status.HELD, Reason.UNKNOWN_OUTCOME.value)
        if stands.status is Status.CLAIMED:
            # Its owner lives after all, and has just let go of it: this copy may be the only one left.
            return Later(after_race(now), Why.RACE)
        if stands.status is not Status.FAILED:  # which may be re-opened, and needs its body then
            self._bodies.delete(claim.message_id, claim.fingerprint)
        return Duplicate()

    def _change(self, claim: Row, change: Change) -> Row | None:
        """Apply a change to the claim as we wrote it; read it again only if somebody moved it meanwhile."""
        changed = change(claim)
        if changed is not None:
            changed = attempt.next_version(changed, claim)
            if self._ledger.replace(changed, expected=claim.version):
                return changed
        return self._ledger.apply(claim.message_id, change)

    def _keep_body(self, record: Record, row: Row, now: datetime) -> None:
        self._bodies.put(
            row.message_id,
            row.fingerprint,
            record.body,
            first_sent=record.first_sent,
            until=now + self._limits.body_retention,
        )


@dataclass(frozen=True, slots=True)
class _Entered:
    """The row now stands."""

    row: Row
