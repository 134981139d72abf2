"""One request to SES for a claimed message, and what is written down where SES doesn't take the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.errors import TransientError, UnknownOutcomeError
from postroad.sending import attempt
from postroad.sending.decisions import Later, Settled, Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.pauses import after_busy, after_unusable

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.fuse import Fuse
    from postroad.sending.limits import Limits
    from postroad.sending.mail import Parsed, Prepared
    from postroad.sending.ports import Mailer
    from postroad.sending.standing_rows import StandingRows
    from postroad.sending.undecided import Undecided
    from postroad.sending.waiting import Waiting
    from postroad.sending.window import Window


@dataclass(frozen=True, slots=True)
class Accepted:
    """SES took the mail of this claim at `at`, and nothing of it is written down yet."""

    parsed: Parsed
    claim: Row
    ses_message_id: str
    at: datetime

    @property
    def record(self) -> Record:
        """The copy that brought the message."""
        return self.parsed.record


class Requests:
    """Makes at most one request to SES for each claim."""

    def __init__(
        self,
        *,
        standing_rows: StandingRows,
        undecided: Undecided,
        waiting: Waiting,
        mailer: Mailer,
        fuse: Fuse,
        clock: Clock,
        limits: Limits,
    ) -> None:
        """Use these parts and bounds; safe to use from several threads."""
        self._standing_rows = standing_rows
        self._undecided = undecided
        self._waiting = waiting
        self._mailer = mailer
        self._fuse = fuse
        self._clock = clock
        self._limits = limits

    def begin(self) -> None:
        """Begin an invocation."""
        self._mailer.wake(self._clock.now())

    def request(self, prepared: Prepared, claim: Row, *, window: Window) -> Accepted | Decision:
        """Send the mail with one request; all but that SES took it is written down here.

        Raises a TransientError when the stores can't be asked; whatever SES does ends as a decision.
        """
        now = self._clock.now()
        record = prepared.parsed.record
        # The claim itself may have taken long: look again, now that nothing but the request is left to do.
        if (why := window.refuses(now, lease_until=claim.lease_until)) is not None:
            return self._too_late(record, claim, why, now)
        if (stopped := self._fuse.stopped_until) is not None:
            at = max(stopped, after_unusable(now, record, self._limits.pause))
            return self.release(claim, Later(at, Why.STREAM_STOPPED))
        mail = prepared.mail_of(claim.attempt)
        try:
            ses_message_id = self._mailer.send(mail, deadline=window.closes_at(claim.lease_until))
        except RefusedBySesError as error:
            self._fuse.hear(None, now=self._clock.now())
            return self._fail(record, claim, error)
        except TooLateError:
            now = self._clock.now()
            why = window.refuses(now, lease_until=claim.lease_until) or Why.NO_TIME_LEFT
            return self._too_late(record, claim, why, now)
        except SesBusyError as error:
            self._fuse.hear(error.why, now=self._clock.now())
            later = Later(after_busy(self._clock.now(), record), error.why)
            return self.release(claim, later, error.code)
        except SesUnusableError as error:
            self._fuse.hear(error.why, now=self._clock.now())
            at = after_unusable(self._clock.now(), record, self._limits.pause)
            return self.release(claim, Later(at, error.why, error.code), error.code)
        except Exception as error:  # noqa: BLE001  whatever it is, SES may have the mail
            self._fuse.hear(Why.NO_ANSWER, now=self._clock.now())
            is_known = isinstance(error, UnknownOutcomeError)
            note = str(error) if is_known else f"unexpected {type(error).__name__}"
            return self._undecided.unanswered(record, claim, note=note, now=self._clock.now())
        now = self._clock.now()
        self._fuse.hear(None, now=now)
        return Accepted(prepared.parsed, claim, ses_message_id, now)

    def _too_late(self, record: Record, claim: Row, why: Why, now: datetime) -> Decision:
        return self.release(claim, too_late(record, why, now))

    def release(self, claim: Row, later: Later, code: str = "") -> Later:
        """Open a claim whose mail was definitely not sent, and return when it is tried again."""
        why = "its turn was over" if later.why is Why.NO_RATE else later.why.replace("_", " ")
        note = f"attempt {claim.attempt} was not sent: {why}"
        if code:
            note = f"{note} ({code})"
        self._standing_rows.change(claim, lambda row: attempt.released(row, claim, note=note))
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
        stands = self._standing_rows.change(
            claim,
            lambda row: attempt.refused_by_ses(
                row,
                claim,
                reason=error.reason,
                detail=error.code,
                note=note,
                now=now,
                retention=self._limits.retention.after(Status.FAILED),
            ),
        )
        if stands is None or stands.status is Status.FAILED:
            return Settled(Status.FAILED, error.reason.value)
        return self._standing_rows.overtaken(stands, now=now)


def too_late(record: Record, why: Why, now: datetime) -> Later:
    """Return when a message comes again whose time to leave was over."""
    return Later(after_busy(now, record) if why is Why.NO_RATE else now, why)
