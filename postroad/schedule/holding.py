"""What becomes of a message whose turn has come and that can't be put on its queue. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contract.words import Status

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contract.words import Reason
    from postroad.ledger.row import Row


def waits(row: Row, generation: int) -> bool:
    """Say whether the row still waits for the pointer of this generation."""
    return row.generation == generation and (row.status is Status.SCHEDULED or row.awaits_evidence)


def held(row: Row, generation: int, *, reason: Reason, detail: str, now: datetime) -> Row | None:
    """Return the row held for an operator, or None if it doesn't wait for this pointer any more.

    An owner stays on the row: evidence that comes later belongs to its attempt.
    """
    if not waits(row, generation):
        return None
    if row.owner:
        detail += f"; attempt {row.attempt} may have been sent"
    return replace(
        row,
        status=Status.HELD,
        reason=reason.value,
        detail=detail,
        due=None,
        lease_until=None,
        evidence_after=None,
        expires_at=None,
    ).with_time(Status.HELD.value, now)
