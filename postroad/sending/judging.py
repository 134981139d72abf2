"""What a message's standing row means for another copy of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row

REOPENABLE = frozenset({Status.HELD, Status.FAILED})
"""An operator may send such a message again, and its body is kept for that."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The same message has been dealt with: drop this copy."""

    keeps_body: bool
    """Whether the body that is kept for it may be needed again."""


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Another message has this id."""


@dataclass(frozen=True, slots=True)
class Leased:
    """Somebody is sending it right now, and may need this very copy if he dies."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """It waits in the schedule: let its body be kept and its pointer stand, and drop this copy.

    A copy that comes after a crash between the row and the pointer is the only one that can mend that.
    """


@dataclass(frozen=True, slots=True)
class NotDue:
    """Its pointer brought this copy, and too early."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Unproven:
    """An attempt ended without an answer: open if the watermark has passed `evidence_after`, else it waits.

    `is_turn` says that the pointer that stands for it brought this copy, so that another one is due.
    """

    evidence_after: datetime
    is_turn: bool


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Somebody claimed it until then, and never said what became of it: it may have been sent."""

    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """It was refused, released unsent, or its time has come: judge it anew over that row."""


Closed = Drop | Conflicting | Leased | Pending | NotDue | Unproven | Abandoned
Meaning = Closed | Open


def judge(standing: Row, *, fingerprint: str, now: datetime, generation: int = 0) -> Meaning:
    """Say what the standing row means for a copy with this fingerprint, brought by a pointer or by none (0).

    Only the copy that the latest pointer brought may open a row that waits: an older one was overtaken, and
    any other is a producer's repetition.
    """
    if standing.is_redacted and standing.fingerprint == fingerprint:
        # Its recipient's data were erased: a copy that turns up late, from the dead letters say, ends here.
        return Drop(keeps_body=False)
    if standing.status is Status.INVALID:
        return Open()
    if standing.fingerprint != fingerprint:
        return Conflicting()
    is_turn = generation > 0 and generation == standing.generation
    if standing.status is Status.SCHEDULED:
        return _of_scheduled(standing, is_turn=is_turn, now=now)
    if standing.status is not Status.CLAIMED:
        return Drop(keeps_body=standing.status in REOPENABLE)
    if not standing.owner:
        return Open()
    if standing.reason == Reason.UNKNOWN_OUTCOME:
        return Unproven(standing.evidence_after or now, is_turn)
    if standing.lease_until is not None and now < standing.lease_until:
        return Leased(standing.lease_until)
    return Abandoned(standing.lease_until or now)


def is_proof(watermark: datetime | None, evidence_after: datetime) -> bool:
    """Say whether silence proves that an attempt was not sent.

    Every event of mails sent before the watermark is on its row. So if it lies past the last moment at which
    SES can have accepted the attempt, and the row has no event of it, SES never did.
    """
    return watermark is not None and watermark > evidence_after


def _of_scheduled(standing: Row, *, is_turn: bool, now: datetime) -> Meaning:
    if not is_turn:
        return Pending()
    if standing.due is not None and now < standing.due:
        return NotDue(standing.due)
    return Open()
