"""A record that can never be sent as it is: a copy in the dead letters, and a row that says why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.ledger.row import REFUSAL_PREFIX, Row
from postroad.sending.attempt import following, settled

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from postroad.ledger.ports import Ledger
    from postroad.sending.erased import Erased
    from postroad.sending.mail import Refusal
    from postroad.sending.ports import DeadLetters
    from postroad.sending.rows import Rows


class RefusalDesk:
    """Refuses records of one stream. Repeating a refusal changes nothing but the dead letters' count."""

    def __init__(
        self, *, ledger: Ledger, rows: Rows, dead_letters: DeadLetters, erased: Erased, stream: str,
        retention: timedelta,
    ) -> None:  # fmt: skip
        """Write into this ledger, where `rows` says that there is room, and this dead-letter queue."""
        self._erased = erased
        self._ledger = ledger
        self._rows = rows
        self._dead_letters = dead_letters
        self._stream = stream
        self._retention = retention

    def refuse(self, refusal: Refusal, *, now: datetime) -> None:
        """Copy the body to the dead letters, then write down why, where a support person will look.

        The row is the message's own where it has an id of its own. Another message's row is never touched but
        for a note: the refusal is then kept under `!` and the SQS message id.
        """
        own = self._row(refusal, _refusal_id(refusal), now)
        # Mail of another stream came here by mistake: there, where it belongs, an erased row would end it.
        if refusal.parsed is not None and refusal.parsed.message.stream == self._stream:
            own = self._erased.row(own, now=now)
        self._dead_letters.copy(refusal)
        if refusal.message_id is None:
            self._write(own, refusal, now)
        elif refusal.reason is Reason.CONFLICT or not self._write(
            replace(own, message_id=refusal.message_id), refusal, now
        ):
            self._write(own, refusal, now)
            note = f"another body under this id was refused ({refusal.reason.value}): see {own.message_id}"
            self._ledger.apply(refusal.message_id, lambda row: row.with_note(note))

    def _write(self, row: Row, refusal: Refusal, now: datetime) -> bool:
        """Write the refusal, unless a row stands in its place that isn't open to it."""
        standing = self._ledger.insert(row)
        if standing is None:
            return True
        opened = self._rows.open_row(row, standing=standing, generation=refusal.record.generation, now=now)
        if opened is None:
            return False
        return self._ledger.replace(following(row, opened), expected=standing.version)

    def _row(self, refusal: Refusal, row_id: str, now: datetime) -> Row:
        parsed = refusal.parsed
        detail = f"{refusal.field}: {refusal.detail}" if refusal.field else refusal.detail
        row = Row(
            message_id=row_id,
            status=Status.INVALID,
            detail=detail,
            stream=self._stream,
            template=(parsed and parsed.message.template) or "",
            fingerprint=parsed.fingerprint if parsed else "",
            address_key=parsed.address_key if parsed else "",
            email=parsed.address if parsed else "",
            tags=parsed.message.tags if parsed else {},
            times={"accepted": refusal.record.first_sent},
        )
        return settled(row, Status.INVALID, refusal.reason.value, now=now, retention=self._retention)


def _refusal_id(refusal: Refusal) -> str:
    return REFUSAL_PREFIX + refusal.record.sqs_id
