"""The use case: an operator calls off what waits for its time.

The row is written first, on the condition that it is as it was read: from then on no copy is sent, not even
one that dispatch has popped already. The body and the pointer go after it. Whoever dies in between leaves a
body until its last day, and a pointer that dispatch drops.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.errors import TransientError
from postroad.ledger.row import LEAST_RETENTION
from postroad.schedule.pointer import Pointer, minute_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from postroad.bodies.ports import Bodies
    from postroad.ledger.ports import Ledger
    from postroad.ledger.row import Row
    from postroad.schedule.ports import Removal


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The message has ended; `before`: it had been called off already."""

    before: bool = False


@dataclass(frozen=True, slots=True)
class NotScheduled:
    """The message does not wait for its time: this is its row, None if it has none."""

    row: Row | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """AWS could not be asked, or not to the end: `error` says how far it came. Repeating is safe."""

    error: str


Outcome = Cancelled | NotScheduled | Interrupted


class Cancelling:
    """Calls off messages in the name of one operator."""

    def __init__(
        self, *, ledger: Ledger, bodies: Bodies, schedule: Removal, operator: str, retention: timedelta
    ) -> None:
        """Work on these stores; a row is kept for `retention` after its time, or 28 days if that is longer.

        `operator` (`operator:ana`) is named on each row that is ended.
        """
        self._ledger = ledger
        self._bodies = bodies
        self._schedule = schedule
        self._operator = operator
        self._retention = max(retention, LEAST_RETENTION)

    def cancel(self, message_id: str, *, now: datetime) -> Outcome:
        """Call one message off, if it waits for its time; see `is_cancellable`."""
        was: list[Row] = []

        def end(row: Row) -> Row | None:
            was[:] = [row]
            if not is_cancellable(row):
                return None
            return cancelled(row, operator=self._operator, now=now, retention=self._retention)

        try:
            row = self._ledger.apply(message_id, end)
        except TransientError as error:
            return Interrupted(str(error))
        if row is None or not is_cancelled(row):
            return NotScheduled(row)
        try:
            self._bodies.delete(message_id, row.fingerprint)
        except TransientError as error:
            return Interrupted(f"it is cancelled, and its body is kept until its last day: {error}")
        if (pointer := _pointer(was[0])) is not None:
            with suppress(TransientError):  # dispatch drops it when its time comes
                self._schedule.remove([pointer])
        return Cancelled(before=is_cancelled(was[0]))


def is_cancellable(row: Row) -> bool:
    """Say whether nothing of the message can have been sent: it waits for its time."""
    return row.status is Status.SCHEDULED


def is_cancelled(row: Row) -> bool:
    """Say whether an operator called it off."""
    return row.status is Status.CANCELLED and row.reason == Reason.CANCELLED_BY_OPERATOR


def cancelled(row: Row, *, operator: str, now: datetime, retention: timedelta) -> Row:
    """Return the row of a message that ends before its time, by this operator.

    It outlasts that time: a copy that was under way may have put body and pointer once more, and whatever
    they bring then has to meet it.
    """
    note = f"cancelled by {operator} on {now:%Y-%m-%d %H:%M:%S} UTC"
    if row.due is not None:
        note += f"; it was due on {row.due:%Y-%m-%d %H:%M:%S} UTC"
    ended = replace(
        row, status=Status.CANCELLED, reason=Reason.CANCELLED_BY_OPERATOR.value, due=None, owner=""
    )
    until = max(now, row.due or now) + retention
    return ended.with_note(note).with_time(Status.CANCELLED.value, now).kept_until(until)


def _pointer(row: Row) -> Pointer | None:
    """Return the pointer where it usually lies; one that was written late lies under a later minute."""
    if row.due is None:
        return None
    return Pointer(
        stream=row.stream,
        message_id=row.message_id,
        fingerprint=row.fingerprint,
        generation=row.generation,
        due=row.due,
        minute=minute_of(row.due),
    )
