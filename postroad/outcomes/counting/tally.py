"""The use case: count what each change of a row means, up to the first that can't be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.outcomes.transition import RowChange, UnreadableChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger

    from postroad.stats.counting import Counting


class Tally:
    """Hands the changes of a shard to `Counting`, and tells from where they have to come again."""

    def __init__(self, *, counting: Counting, logger: Logger) -> None:
        """Count by `counting`, which knows what it counted before."""
        self._counting = counting
        self._logger = logger

    def take(self, changes: Sequence[RowChange | UnreadableChange], *, shard: str) -> str | None:
        """Count changes of this shard; return the sequence number from which to go on, or None.

        Lambda reads the shard again from that record, so everything after the first failure waits for it. At
        a row that can't be read counting stops, until Lambda gives that record up: what lies behind it would
        move the shard's position past it.
        """
        readable: list[RowChange] = []
        stuck_at: str | None = None
        for change in changes:
            if isinstance(change, UnreadableChange):
                stuck_at = change.sequence_number
                told = {"sequence_number": stuck_at, "problem": change.problem}
                self._logger.error("unreadable row", extra=told)
                break
            readable.append(change)
        uncounted = self._counting.count(shard, readable) if readable else None
        if uncounted is None:
            return stuck_at
        told = {"sequence_number": uncounted.sequence_number, "problem": uncounted.problem}
        self._logger.warning("changes not counted", extra=told)
        return uncounted.sequence_number
