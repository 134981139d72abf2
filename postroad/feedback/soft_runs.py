"""Whether a mailbox that keeps refusing for now is given up: soft bounces in a row, over some days. Pure.

A run is read off the rows of the address: mails that bounced softly, were not delivered after all, and were
sent after the last delivery there. Rows are the same whatever order their events came in, and however often,
and so is the run. A mail that was delivered and "bounced" (an out-of-office reply) is none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.words import BounceKind, Reason, Status
from postroad.feedback.suppressing import SOURCE
from postroad.suppression.model import ALL_STREAMS, HistoryAction, ScopeEntry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from postroad.ledger.row import Row
    from postroad.suppression.model import HistoryEntry

MOST_ROWS = 100
"""Of an address's latest mails, so many are looked at."""


@dataclass(frozen=True, slots=True)
class SoftBounceRule:
    """So many in a row, the first and the last of them sent so far apart."""

    in_a_row: int = 5
    over: timedelta = timedelta(days=3)


def entry_for_run(rows: Iterable[Row], rule: SoftBounceRule, *, after: datetime | None) -> ScopeEntry | None:
    """Return what to suppress the address of these rows with, or None: the run isn't long enough.

    `after` is when an operator last lifted what stood there: only mails sent since then count. The entry is
    that of the bounce which completed the run, so that those after it give the same.
    """
    run = _run(rows, after)
    for place, (sent_at, row) in enumerate(run, start=1):
        first = run[0][0]
        if place < rule.in_a_row or sent_at - first < rule.over:
            continue
        evidence = (
            f"{place} soft bounces in a row, of mails sent {first.isoformat()} to {sent_at.isoformat()}, "
            f"the last: SES message {row.ses_message_id}, message {row.message_id}"
        )
        return ScopeEntry(
            reason=Reason.SOFT_BOUNCES,
            source=SOURCE,
            since=row.times[Status.BOUNCED],
            until=None,
            evidence=evidence,
        )
    return None


def last_lifted(history: Iterable[HistoryEntry]) -> datetime | None:
    """Return when what stopped all streams of an address was last lifted."""
    return max(
        (line.at for line in history if line.action is HistoryAction.LIFTED and line.scope == ALL_STREAMS),
        default=None,
    )


def _run(rows: Iterable[Row], after: datetime | None) -> list[tuple[datetime, Row]]:
    soft: list[tuple[datetime, Row]] = []
    since = after
    for row in rows:
        arrived = row.times.get(Status.DELIVERED) or row.times.get(Status.COMPLAINED)
        if arrived is not None:
            since = arrived if since is None else max(since, arrived)
        elif row.bounce == BounceKind.SOFT and Status.SENT in row.times and Status.BOUNCED in row.times:
            soft.append((row.times[Status.SENT], row))
    soft.sort(key=lambda each: (each[0], each[1].message_id))
    return [each for each in soft if since is None or each[0] > since]
