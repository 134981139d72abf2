"""What a message that waits leaves behind beside its row: its body, and a pointer to its turn.

The order is the same wherever a message begins to wait: body, row, pointer, and only then is the copy on the
queue done with. Whatever dies in between, the copy comes back and finishes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.schedule.pointer import Pointer, Priority, due_minute, minute_of

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.bodies.ports import Bodies
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.schedule.ports import Pointers
    from postroad.sending.limits import Limits


class Waiting:
    """The bodies and pointers of a stream's messages; raises a TransientError where they can't be written."""

    def __init__(self, *, bodies: Bodies, pointers: Pointers, limits: Limits) -> None:
        """Write into these stores; safe to use from several threads."""
        self._bodies = bodies
        self._pointers = pointers
        self._limits = limits

    def is_near(self, due: datetime, *, now: datetime) -> bool:
        """Say whether a message is due too soon for the schedule, which would bring it late."""
        return due_minute(due, now=now, lead=self._limits.lead) > minute_of(due)

    def keep(self, record: Record, row: Row, due: datetime) -> None:
        """Keep the body of a message that is due at `due`, or is held since."""
        self._bodies.put(
            row.message_id,
            row.fingerprint,
            record.body,
            first_sent=record.first_sent,
            until=self._limits.body_until(due),
        )

    def point(self, row: Row, *, now: datetime) -> datetime:
        """Let the pointer of a row that waits stand, and return when it is due."""
        due = row.due or now
        self._pointers.put(
            Pointer(
                stream=self._limits.stream,
                message_id=row.message_id,
                fingerprint=row.fingerprint,
                generation=row.generation,
                due=due,
                minute=due_minute(due, now=now, lead=self._limits.lead),
                priority=Priority.USUAL if row.status is Status.SCHEDULED else Priority.EVIDENCE,
            )
        )
        return due

    def forget(self, row: Row) -> None:
        """Forget the body of a message that nobody needs any more."""
        self._bodies.delete(row.message_id, row.fingerprint)

    def forget_done(self, record: Record, row: Row) -> None:
        """Forget the body of a message that is done with, if one may be kept."""
        if self.may_be_kept(record):
            self.forget(row)

    @staticmethod
    def may_be_kept(record: Record) -> bool:
        """Say whether a body may be kept for this copy.

        It was where a pointer brought the copy; and one that was here before may have died in between.
        """
        return record.generation > 0 or record.receives > 1
