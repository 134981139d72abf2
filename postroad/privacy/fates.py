"""What becomes of a message's row when its recipient's data are erased. Pure."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status, StreamKind
from postroad.ledger.row import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from postroad.ledger.row import Row


class Fate(StrEnum):
    """What is done with one row."""

    REDACT = "redact"
    """It has ended: what says whom it was sent to goes, the rest stays."""
    CANCEL = "cancel"
    """It waits, and may be called off: it ends as cancelled, and then as above."""
    UNDER_WAY = "under_way"
    """Somebody is sending it right now: it is left to them, and looked at again."""
    WAITS = "waits"
    """Transactional mail that waits: whatever they bought is theirs to hear of, so it is left until then."""
    DONE = "done"
    """Nothing in it tells of anybody."""


def fate_of(row: Row, *, kinds: Mapping[str, StreamKind], also_transactional: bool, now: datetime) -> Fate:
    """Say what becomes of a row; `kinds` are those of the configured streams.

    Mail of a stream that is configured no more waits in vain, and is called off.
    """
    if row.is_redacted:
        return Fate.DONE
    if row.status not in UNSETTLED:
        return Fate.REDACT
    if is_under_way(row, now=now):
        return Fate.UNDER_WAY
    if kinds.get(row.stream) is StreamKind.TRANSACTIONAL and not also_transactional:
        return Fate.WAITS
    return Fate.CANCEL


def is_under_way(row: Row, *, now: datetime) -> bool:
    """Say whether a request to SES may be going on for it: its claim is somebody's, and holds."""
    if row.status is not Status.CLAIMED or not row.owner or row.awaits_evidence:
        return False
    return row.lease_until is None or now < row.lease_until


def called_off(row: Row, *, now: datetime, retention: timedelta) -> Row:
    """Return the row of a message that ends because its recipient's data are erased.

    It outlasts its time, so that a copy which was under way meets it. An attempt without an answer may have
    been sent: its events, if any come, move the row on.
    """
    ended = replace(
        row,
        status=Status.CANCELLED,
        reason=Reason.ERASED.value,
        owner="",
        lease_until=None,
        due=None,
        evidence_after=None,
    )
    until = max(now, row.due or now) + retention
    return ended.with_time(Status.CANCELLED.value, now).kept_until(until)
