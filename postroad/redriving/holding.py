"""What waits for an operator: found, or ended by one who drops it.

A drop writes the row first, on the condition that it is as it was read, and forgets the body second. Whoever
dies in between leaves a row that has ended and a body that nobody will ever need; another run, or the body's
own last day, takes it away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import LEAST_RETENTION
from postroad.redriving.judging import Leave, WhyLeft, may_have_been_sent
from postroad.redriving.redrive import MOST_TRIES, Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from postroad.bodies.ports import Bodies
    from postroad.clock import Clock
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.redriving.ports import HeldMessages


@dataclass(frozen=True, slots=True)
class Held:
    """What was found: the rows, the longest held first. `more` says that there are others."""

    rows: tuple[Row, ...]
    more: bool = False


def find_held(
    held: HeldMessages,
    ledger: Ledger,
    streams: Iterable[str],
    *,
    reason: str = "",
    limit: int,
    on_progress: Callable[[int], None] | None = None,
) -> Held:
    """Return what waits for an operator on these streams, at most `limit` rows.

    With a reason only what is held for it, and what was re-opened and is claimed by nobody: it had a reason
    too, and nobody else would finish it. Raises a TransientError when the ledger can't be asked.
    """
    found: list[Row] = []
    more = False
    for message_id in (each for stream in streams for each in held.of(stream)):
        if len(found) >= limit:
            more = True
            break
        row = ledger.get(message_id)
        if row is None or not row.waits_for_operator:
            continue
        if not reason or row.reason == reason or row.status is not Status.HELD:
            found.append(row)
        if on_progress is not None:
            on_progress(len(found))
    return Held(tuple(sorted(found, key=_since)), more=more)


def since(row: Row) -> datetime | None:
    """Return since when a row waits for an operator."""
    return row.times.get(Status.HELD.value)


def _since(row: Row) -> tuple[float, str]:
    at = since(row)
    return (0.0 if at is None else at.timestamp(), row.message_id)


@dataclass(frozen=True, slots=True)
class Dropped:
    """The message has ended; its body is forgotten. `before`: it had been dropped already."""

    before: bool = False


DropOutcome = Dropped | Leave | Interrupted


class Dropping:
    """Ends what is held without sending it, in the name of one operator."""

    def __init__(
        self, *, ledger: Ledger, bodies: Bodies, clock: Clock, operator: str, retention: timedelta
    ) -> None:
        """Work on these stores; a row is kept for `retention` after its end, or 28 days if that is longer.

        `operator` (`operator:ana`) is named on each row that is ended.
        """
        self._ledger = ledger
        self._bodies = bodies
        self._clock = clock
        self._operator = operator
        self._retention = max(retention, LEAST_RETENTION)

    def drop(self, shown: Row) -> DropOutcome:
        """End the message of this row, if it is still held after the attempt that was shown."""
        try:
            outcome = self._end(shown)
        except TransientError as error:
            return Interrupted(str(error))
        if isinstance(outcome, Leave):
            return outcome
        try:
            self._bodies.delete(shown.message_id, shown.fingerprint)
        except TransientError as error:
            return Interrupted(f"it is dropped, and its body is kept until its last day: {error}")
        return outcome

    def _end(self, shown: Row) -> Dropped | Leave:
        for _ in range(MOST_TRIES):
            row = self._ledger.get(shown.message_id)
            if row is None:
                return Leave(WhyLeft.NOT_FOUND)
            if (judgement := judge_drop(row, shown)) is not None:
                return judgement
            ended = dropped(row, operator=self._operator, now=self._clock.now(), retention=self._retention)
            if self._ledger.replace(replace(ended, version=row.version + 1), expected=row.version):
                return Dropped()
        return Leave(WhyLeft.CHANGED)


def judge_drop(row: Row, shown: Row) -> Dropped | Leave | None:
    """Return None if the row may be ended as it stands, else what to do instead."""
    if row.status is Status.CANCELLED and row.reason == Reason.DROPPED_BY_OPERATOR:
        return Dropped(before=True)
    if row.status is not Status.HELD:
        return Leave(WhyLeft.NOT_HELD)
    # Somebody sent it again in between, and it was held anew: that is another thing to decide.
    if (row.attempt, row.fingerprint) != (shown.attempt, shown.fingerprint):
        return Leave(WhyLeft.CHANGED)
    return None


def dropped(row: Row, *, operator: str, now: datetime, retention: timedelta) -> Row:
    """Return a held row as it stands when an operator has ended it.

    What is known of its attempts stays: an event that is heard of late still says that it was sent.
    """
    note = f"dropped by {operator} on {now:%Y-%m-%d %H:%M:%S} UTC: it was {row.status.value} ({row.reason})"
    if may_have_been_sent(row):
        note += f", and attempt {row.attempt} may have been sent"
    ended = replace(
        row,
        status=Status.CANCELLED,
        reason=Reason.DROPPED_BY_OPERATOR.value,
        detail="",
        owner="",
        lease_until=None,
        due=None,
        evidence_after=None,
    )
    return ended.with_note(note).with_time(Status.CANCELLED.value, now).kept_until(now + retention)
