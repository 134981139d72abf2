"""What a message's standing row means for another copy of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contract.words import Status

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.ledger.row import Row


@dataclass(frozen=True, slots=True)
class Drop:
    """The same message has been dealt with: drop this copy."""


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Another message has this id."""


@dataclass(frozen=True, slots=True)
class Leased:
    """Somebody is sending it right now, and may need this very copy if he dies."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Somebody claimed it and never said what became of it: it may have been sent."""


@dataclass(frozen=True, slots=True)
class Open:
    """It was refused, or released unsent: judge it anew over that row."""


Verdict = Drop | Conflicting | Leased | Abandoned | Open


def judge(standing: Row, *, fingerprint: str, now: datetime) -> Verdict:
    """Say what the standing row means for a copy with this fingerprint."""
    if standing.status is Status.INVALID:
        return Open()
    if standing.fingerprint != fingerprint:
        return Conflicting()
    if standing.status is not Status.CLAIMED:
        return Drop()
    if not standing.owner:
        return Open()
    if standing.lease_until is not None and now < standing.lease_until:
        return Leased(standing.lease_until)
    return Abandoned()
