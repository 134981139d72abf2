"""What SES took is written down: many rows in few requests, and one by one where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.sending import attempt
from postroad.sending.decisions import Later, Sent, Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.ledger.row import Row
    from postroad.sending.decisions import Decision
    from postroad.sending.limits import Limits
    from postroad.sending.requesting import Accepted
    from postroad.sending.standing_rows import StandingRows
    from postroad.sending.waiting import Waiting


class Marking:
    """Marks the rows of accepted mails."""

    def __init__(self, *, standing_rows: StandingRows, waiting: Waiting, limits: Limits) -> None:
        """Use these parts; safe to use from several threads."""
        self._standing_rows = standing_rows
        self._waiting = waiting
        self._limits = limits

    def mark(self, accepted: Sequence[Accepted]) -> list[bool | TransientError]:
        """Write the rows of these, as far as they stand as they were claimed; one outcome for each."""
        return self._standing_rows.replace_many(
            [attempt.next_version(self._changed(each.claim, each), each.claim) for each in accepted]
        )

    def is_done(self, accepted: Accepted, outcome: bool | TransientError | None) -> bool:  # noqa: FBT001  it is one of the outcomes that `mark` returned
        """Say whether nothing is left to do for it."""
        return outcome is True and not self._waiting.may_be_kept(accepted.record)

    def finish(self, accepted: Accepted, outcome: bool | TransientError | None) -> Decision:  # noqa: FBT001  as above
        """Do what is left to do for one; `outcome` is what `mark` returned for it, or None if it raised.

        Raises a TransientError when a body can't be forgotten.
        """
        if outcome is not True and not self._mark_alone(accepted, is_moved=outcome is False):
            # Sent, and not written down. No other copy is sent, since the claim stands; and the mail's own
            # events will move the row.
            return Later(accepted.claim.lease_until or accepted.at, Why.STORE_UNAVAILABLE)
        self._waiting.forget_done(accepted.record, accepted.claim)
        return Sent(accepted.ses_message_id)

    def _mark_alone(self, accepted: Accepted, *, is_moved: bool) -> bool:
        def change(row: Row) -> Row:
            return self._changed(row, accepted)

        try:
            if is_moved:
                self._standing_rows.change_moved(accepted.claim, change)
            else:
                self._standing_rows.change(accepted.claim, change)
        except TransientError:
            return False
        return True

    def _changed(self, row: Row, accepted: Accepted) -> Row:
        return attempt.accepted(
            row,
            accepted.claim,
            ses_message_id=accepted.ses_message_id,
            now=accepted.at,
            retention=self._limits.retention.after(Status.SENT),
        )
