"""One message's row: its status, and everything needed to say why it stands there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.ledger.engagement import NOTHING_SEEN, Engagement

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: Mapping[str, str] = MappingProxyType({})
NEVER: Mapping[str, datetime] = MappingProxyType({})

LEAST_RETENTION = timedelta(days=28)
"""An id is unique until this long after its final status, so no row goes earlier."""

MOST_NOTES = 20
"""Past this many, notes between the first and the latest are dropped: a row stays small whatever is tried."""

UNSETTLED = frozenset({Status.CLAIMED, Status.HELD, Status.SCHEDULED})
"""Statuses whose message still waits for something: such a row has no end date."""

REOPENED = "reopened"
"""The word in a row's times for when an operator re-opened it."""

ERASED = "erased"
"""The word in a row's times for when its recipient's data were erased: see `redacting`."""

LEFT = "left"
"""The word in a row's times for when its recipient left by a link in this very mail."""

REFUSAL_PREFIX = "!"
"""Starts the id of a refusal that has no message id of its own; it can't occur in a message id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the ledger knows of one message.

    `times` maps a word (`created`, `accepted`, `claimed`, or a status) to when it first happened; `ses_ids`
    maps the attempt, in decimal, to the id that SES gave it; `notes` are sentences for a support person and
    hold no address. `owner` is empty unless an attempt is under way or its outcome is unknown. `version`
    grows by one with each write, and each write is conditional on the version that it read.

    A row that waits (`scheduled`, or `claimed` with the reason `unknown_outcome`) has its body kept, and a
    pointer in the schedule: `due` is when, `generation` which one, growing with each. `evidence_after` is the
    send time that the watermark must have passed before silence proves that the attempt was not sent.
    `failures` counts the attempts that ended by a fault of ours or without an answer. `links` is how many
    different links SES tracks in the mail, 0 if nobody counted them. `counted` are the metrics that its
    bad news was counted in, in order. `provider` is the word for who runs the mailbox
    (`postroad.stats.providers`), and empty as long as the address is there to tell. `journey` and `step` are
    those of its message, or empty.
    """

    message_id: str
    status: Status
    reason: str = ""
    detail: str = ""
    stream: str = ""
    template: str = ""
    fingerprint: str = ""
    address_key: str = ""
    email: str = ""
    locale: str = ""
    topic: str = ""
    journey: str = ""
    step: str = ""
    attempt: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    ses_ids: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    times: Mapping[str, datetime] = field(default_factory=lambda: NEVER)
    notes: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    bounce: str = ""
    provider: str = ""
    due: datetime | None = None
    generation: int = 0
    evidence_after: datetime | None = None
    failures: int = 0
    links: int = 0
    engagement: Engagement = NOTHING_SEEN
    counted: tuple[str, ...] = ()
    version: int = 1
    expires_at: datetime | None = None

    @property
    def ses_message_id(self) -> str:
        """The id that SES gave the latest attempt that it accepted, or an empty string."""
        if not self.ses_ids:
            return ""
        return self.ses_ids[max(self.ses_ids, key=int)]

    @property
    def engaged(self) -> Mapping[str, datetime]:
        """When it was first opened and clicked, by a person and by a machine: `engagement.ENGAGED`."""
        return self.engagement.times(self.links)

    @property
    def is_redacted(self) -> bool:
        """Say whether nothing in it tells any more to whom it was sent.

        Over a refused message's row a mended one may begin anew, with an address again.
        """
        return ERASED in self.times and not (self.email or self.address_key)

    @property
    def waits_for_operator(self) -> bool:
        """Say whether it is held; or re-opened, and claimed by nobody since: its body may not have moved."""
        if self.status is Status.HELD:
            return True
        return self.status is Status.CLAIMED and not self.owner and REOPENED in self.times

    @property
    def awaits_evidence(self) -> bool:
        """Say whether an attempt ended without an answer, and SES's events decide what becomes of it."""
        return self.status is Status.CLAIMED and self.reason == Reason.UNKNOWN_OUTCOME

    def with_note(self, note: str) -> Row:
        """Return the row with one more sentence, unless it is there already.

        How it began and how it ended tell most: where there are too many, those in between give way.
        """
        if note in self.notes:
            return self
        notes = (*self.notes, note)
        if len(notes) > MOST_NOTES:
            half = MOST_NOTES // 2
            notes = (*notes[:half], *notes[-half:])
        return replace(self, notes=notes)

    def with_time(self, word: str, at: datetime) -> Row:
        """Return the row with the earliest time known for this word."""
        times = self.times_with(word, at)
        return self if times is self.times else replace(self, times=times)

    def times_with(self, word: str, at: datetime) -> Mapping[str, datetime]:
        """Return its times with the earliest one known for this word."""
        known = self.times.get(word)
        if known is not None and known <= at:
            return self.times
        return {**self.times, word: at}

    def kept_until(self, at: datetime) -> Row:
        """Return the row with its end no earlier than `at`; an unsettled row has none."""
        if self.status in UNSETTLED:
            return replace(self, expires_at=None)
        end = self.end_at(at)
        return self if end is self.expires_at else replace(self, expires_at=end)

    def end_at(self, at: datetime) -> datetime:
        """Return its end, or `at` where that is later.

        An end is a whole second, as DynamoDB keeps it: else a copy of an event would move it each time.
        """
        if at.microsecond:
            at = at.replace(microsecond=0) + timedelta(seconds=1)
        if self.expires_at is not None and self.expires_at >= at:
            return self.expires_at
        return at
