"""Faults on request: what SES, or the network before it, can do to a SendEmail and to its events. Pure."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

A_WEEK = 7 * 86_400.0  # seconds


class FaultPath(StrEnum):
    """Which of SES's two ways a fault of the events is on: SNS (`fast`) or Firehose (`bulk`)."""

    BOTH = "both"
    FAST = "fast"
    BULK = "bulk"


class FaultKind(StrEnum):
    """What goes wrong. The first five answers are SES's own and nothing is sent."""

    THROTTLE = "throttle"
    QUOTA = "quota"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    SERVER_ERROR = "server_error"
    LOST_REQUEST = "lost_request"  # nothing is sent, and no answer comes
    SENT_SERVER_ERROR = "sent_server_error"  # the mail is sent, and the answer is a 5xx
    LOST_ANSWER = "lost_answer"  # the mail is sent, and no answer comes
    LOST_EVENTS = "lost_events"
    DUPLICATE_EVENTS = "duplicate_events"
    LATE_EVENTS = "late_events"  # by `seconds`
    REORDERED_EVENTS = "reordered_events"  # last event first
    OUTAGE = "outage"  # for `seconds` SES answers 503 to whatever it is asked, and sends nothing
    OUTAGE_DROPPED = "outage_dropped"  # for `seconds` it drops every connection, and sends nothing


EVENT_FAULTS = frozenset(
    [
        FaultKind.LOST_EVENTS,
        FaultKind.DUPLICATE_EVENTS,
        FaultKind.LATE_EVENTS,
        FaultKind.REORDERED_EVENTS,
    ]
)


OUTAGES = frozenset([FaultKind.OUTAGE, FaultKind.OUTAGE_DROPPED])


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """`times` requests suffer it (None: all, until cleared) after `skip` others; `recipient` is a pattern.

    `seconds`: how late LATE_EVENTS are, how long LOST_ANSWER and LOST_REQUEST hang before the reset, and how
    long an outage lasts; that strikes every request, whatever `times` and `skip` say, and calls about the
    account too unless it chooses recipients. `path` is that of events. `id` and `until` are given when the
    fault is added; what was written there is ignored.
    """

    kind: FaultKind
    times: Annotated[int, msgspec.Meta(ge=0)] | None = 1
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    recipient: str = "*"
    seconds: Annotated[float, msgspec.Meta(ge=0, le=A_WEEK)] = 0.0
    path: FaultPath = FaultPath.BOTH
    id: int = 0
    until: datetime | None = None

    @property
    def is_outage(self) -> bool:
        """Whether it goes by the clock, not by the number of requests."""
        return self.kind in OUTAGES

    def strikes(self, recipients: Sequence[str]) -> bool:
        """Whether it befalls this request; counts itself down."""
        pattern = self.recipient.lower()
        if pattern != "*" and not any(fnmatchcase(each.lower(), pattern) for each in recipients):
            return False
        if self.is_outage:
            return True
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        if self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    pending: list[Fault] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, fault: Fault, *, now: datetime | None = None) -> None:
        """Let a fault wait; an outage begins now, or with the first request where no time is given."""
        fault.id = next(self._numbers)
        fault.until = now + timedelta(seconds=fault.seconds) if now and fault.is_outage else None
        self.pending.append(fault)

    def outage(self, recipients: Sequence[str], *, now: datetime) -> Fault | None:
        """Return the outage that this request meets, if there is one; those that are over go."""
        for fault in self.pending:
            if fault.is_outage and fault.until is None:
                fault.until = now + timedelta(seconds=fault.seconds)
        self.pending = [each for each in self.pending if each.until is None or each.until > now]
        return next((each for each in self.pending if each.is_outage and each.strikes(recipients)), None)

    def remove(self, fault_id: int) -> bool:
        """Take one fault away; False if it isn't pending any more."""
        kept = [each for each in self.pending if each.id != fault_id]
        removed = len(kept) < len(self.pending)
        self.pending = kept
        return removed

    def clear(self) -> None:
        self.pending.clear()

    def strike(self, recipients: Sequence[str], *, now: datetime) -> "Struck":
        """Take what befalls one request: at most one fault of the answer, and any of the events."""
        if outage := self.outage(recipients, now=now):
            return Struck(outage)  # what would strike SES's answers waits until it answers again
        answer: Fault | None = None
        of_events: list[Fault] = []
        for fault in self.pending:
            if fault.kind in EVENT_FAULTS:
                if fault.strikes(recipients):
                    of_events.append(fault)
            elif answer is None and fault.strikes(recipients):
                answer = fault
        self.pending = [
            fault for fault in self.pending if fault.is_outage or fault.times is None or fault.times > 0
        ]
        return Struck(answer, tuple(of_events))


@dataclass(frozen=True, slots=True)
class Struck:
    answer: Fault | None = None
    events: tuple[Fault, ...] = ()
