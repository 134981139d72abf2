"""Refusals of a stream's messages: for good, unless the message's own row decides first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from postroad.contract.words import Reason
from postroad.errors import TransientError
from postroad.sending.decisions import Refused
from postroad.sending.mail import Refusal

if TYPE_CHECKING:
    from postroad.clock import Clock
    from postroad.sending.decisions import Decision
    from postroad.sending.mail import Parsed
    from postroad.sending.preparing import Preparation
    from postroad.sending.refusing import RefusalDesk
    from postroad.sending.rows import Rows
    from postroad.sending.waiting import Waiting


class Refusals:
    """Decides about what is to be refused."""

    def __init__(
        self,
        *,
        preparation: Preparation,
        rows: Rows,
        waiting: Waiting,
        desk: RefusalDesk,
        clock: Clock,
        stream: str,
    ) -> None:
        """Use these parts; safe to use from several threads."""
        self._preparation = preparation
        self._rows = rows
        self._waiting = waiting
        self._desk = desk
        self._clock = clock
        self._stream = stream

    def refuse(self, refusal: Refusal) -> Decision:
        """Refuse, unless this very message was sent, is being sent, or may have been: that decides first.

        Raises a TransientError when the stores can't be asked.
        """
        now = self._clock.now()
        parsed = refusal.parsed
        if parsed is not None and refusal.reason is not Reason.CONFLICT:
            decided = self._rows.decided(
                parsed.message.message_id, parsed.record, fingerprint=parsed.fingerprint, now=now
            )
            if decided is not None and not isinstance(decided, Refused):
                return decided
        self._desk.refuse(refusal, now=now)
        # What another stream keeps of the message isn't ours to forget.
        if parsed is not None and parsed.message.stream == self._stream:
            with suppress(TransientError):  # it is refused; its body goes when its time is over
                self._waiting.forget_done(parsed.record, self._preparation.row(parsed))
        return Refused(refusal.reason)

    def or_conflict(self, parsed: Parsed, decision: Decision) -> Decision:
        """Return the decision; one that another message has this id is carried out first."""
        return self.refuse(_conflict(parsed)) if isinstance(decision, Refused) else decision


def _conflict(parsed: Parsed) -> Refusal:
    return Refusal(
        record=parsed.record,
        reason=Reason.CONFLICT,
        field="message_id",
        detail="another body was sent under this id: give each message an id of its own",
        message_id=parsed.message.message_id,
        parsed=parsed,
    )
