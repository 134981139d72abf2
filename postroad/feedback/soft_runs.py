"""Whether a mailbox that keeps refusing for now is given up: soft bounces in a row, over some days. Pure.

A run is read off the rows of the address: mails that bounced softly, were not delivered after all, and were
sent after the last delivery there. Rows are the same whatever order their events came in, and however often,
and so is the run. A mail that was delivered and "bounced" (an out-of-office reply) is none of it.

Bounces come within seconds, and deliveries, in bulk, within minutes. So a bounce tells nothing as long as it
isn't known what became of a mail that left before it.
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

ROWS_AT_ONCE = 100
MOST_ROWS = 1_000
"""Of an address's latest mails, so many are looked at, if that many bounced without a delivery."""
LONGEST_UNKNOWN = timedelta(days=1)
"""By then it is known what became of a mail: SES tries for half a day or so. Else its event got lost."""


@dataclass(frozen=True, slots=True)
class SoftBounceRule:
    """So many in a row, the first and the last of them sent so far apart."""

    in_a_row: int = 5
    over: timedelta = timedelta(days=3)


def entry_for_run(rows: Iterable[Row], rule: SoftBounceRule, *, after: datetime | None) -> ScopeEntry | None:
    """Return what to suppress the address of these rows with, or None: there is no run that is long enough.

    `after` is when an operator last lifted what stood there: only mails sent since then count. The entry is
    that of the bounce which completed the run, so that those after it give the same.
    """
    rows = list(rows)
    run = _run(rows, after)
    for place, (sent_at, row) in enumerate(run, start=1):
        first = run[0][0]
        if place < rule.in_a_row or sent_at - first < rule.over or _awaits_another(rows, row):
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


def may_go_on(rows: Iterable[Row]) -> bool:
    """Say whether older mails may belong to the run of these, the latest: none of them arrived."""
    return all(_arrived(row) is None for row in rows)


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
        arrived = _arrived(row)
        if arrived is not None:
            since = arrived if since is None else max(since, arrived)
        elif row.bounce == BounceKind.SOFT and Status.SENT in row.times and Status.BOUNCED in row.times:
            soft.append((row.times[Status.SENT], row))
    soft.sort(key=lambda each: (each[0], each[1].message_id))
    return [each for each in soft if since is None or each[0] > since]


def _arrived(row: Row) -> datetime | None:
    return row.times.get(Status.DELIVERED) or row.times.get(Status.COMPLAINED)


def _awaits_another(rows: Iterable[Row], bounced: Row) -> bool:
    """Say whether a mail that left before this bounce may have arrived, for all that is known."""
    at = bounced.times[Status.BOUNCED]
    return any(
        row.status in {Status.SENT, Status.DELAYED} and at - LONGEST_UNKNOWN < row.times[Status.SENT] <= at
        for row in rows
        if Status.SENT in row.times
    )
