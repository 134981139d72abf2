"""What bounds a delivery in time, and how often it is tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.times import MAX_AGE
from postroad.contract.words import StreamKind
from postroad.ledger.retention import retention_of

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.retention import Retention
    from postroad.sending.settings import SendSettings

HOLD = "hold"
"""The word of the settings for a stream whose unknown outcomes wait for an operator."""

LEAST_KEPT = MAX_AGE + timedelta(days=1)
"""A body is kept at least so long after its message is due: until the message is too old for anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one stream.

    `request` is the longest that one request may take; `evidence` lies between a claim and the watermark that
    proves by silence that it was not sent, `evidence_after_crash` between the end of a dead owner's lease and
    that watermark. `retention` is how long a row is kept after its end, `lead` the least time between writing
    a pointer and the minute that it lies under.
    """

    kind: StreamKind
    stream: str
    lease: timedelta
    request: timedelta
    retention: Retention
    body_retention: timedelta
    pause: timedelta
    evidence: timedelta
    evidence_after_crash: timedelta
    lead: timedelta
    attempts_max: int
    holds_unknown: bool

    def body_until(self, due: datetime) -> datetime:
        """Return until when the body of a message is kept that is due at `due`, or is held since."""
        return due + max(self.body_retention, LEAST_KEPT)


def limits_of(settings: SendSettings) -> Limits:
    """Return what the settings say.

    A request may take the time to connect, then the time until an answer, and a little for what is around it.
    """
    request = settings.ses_connect_timeout_seconds + settings.ses_read_timeout_seconds + 1
    return Limits(
        kind=StreamKind(settings.kind),
        stream=settings.stream,
        lease=timedelta(seconds=settings.lease_seconds),
        request=timedelta(seconds=request),
        retention=retention_of(settings.retention_days, settings.retention_days_of),
        body_retention=timedelta(days=settings.body_retention_days),
        pause=timedelta(seconds=settings.retry_after_seconds),
        evidence=timedelta(seconds=settings.evidence_seconds),
        evidence_after_crash=timedelta(seconds=settings.evidence_after_crash_seconds),
        lead=timedelta(seconds=settings.schedule_lead_seconds),
        attempts_max=settings.attempts_max,
        holds_unknown=settings.unknown_outcome == HOLD,
    )
