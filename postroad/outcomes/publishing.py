"""The use case: publish each transition of each row, and count what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.ledger.duplicates import duplicates_between
from postroad.observability import UNKNOWN_STREAM, Metric
from postroad.outcomes.transition import RowChange, UnreadableChange, result_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools import Logger

    from postroad.observability import Counts
    from postroad.outcomes.ports import ResultBus
    from postroad.stats.counting import Counting


class Outcomes:
    """Publishes results at least once, in the order of the stream, with the same id each time, and counts."""

    def __init__(
        self,
        *,
        bus: ResultBus,
        publishes: Mapping[str, tuple[str, ...]],
        counting: Counting,
        counts: Counts,
        logger: Logger,
    ) -> None:
        """Publish on `bus` the statuses that `publishes` lists for each stream."""
        self._bus = bus
        self._publishes = publishes
        self._counting = counting
        self.counts = counts
        self._logger = logger

    def take(self, changes: Sequence[RowChange | UnreadableChange], *, shard: str) -> str | None:
        """Publish and count changes of this shard; return the sequence number from which to go on, or None.

        Lambda reads the shard again from that record, so everything after the first failure waits for it.
        What was published after it is published again with the same id; what was counted is known by its
        number. So neither holds up the other: all that can be read is counted, though the bus refuses it, and
        published, though nothing can be counted. At a row that can't be read both stop, until Lambda gives
        that record up.
        """
        readable, stuck = self._readable(changes)
        stuck += self._publish(readable) + self._count(shard, readable)
        stuck_at = min(stuck, key=int, default=None)
        for change in readable:
            if change.sequence_number == stuck_at:
                break  # what comes from there on is read again
            self._count_duplicates(change)
        return stuck_at

    def _readable(self, changes: Sequence[RowChange | UnreadableChange]) -> tuple[list[RowChange], list[str]]:
        """Return the changes before the first that can't be read, and where that one is."""
        readable: list[RowChange] = []
        for change in changes:
            if isinstance(change, UnreadableChange):
                told = {"sequence_number": change.sequence_number, "problem": change.problem}
                self._logger.error("unreadable row", extra=told)
                return readable, [change.sequence_number]
            readable.append(change)
        return readable, []

    def _publish(self, changes: Sequence[RowChange]) -> list[str]:
        """Publish what the changes mean; return where the first is that the bus didn't take."""
        results = [
            (change.sequence_number, result)
            for change in changes
            if (result := result_of(change, self._publishes)) is not None
        ]
        taken = self._bus.publish([result for _, result in results])
        for _, result in results[:taken]:
            self.counts.add(Metric.RESULTS_PUBLISHED, result.stream or UNKNOWN_STREAM)
        if taken == len(results):
            return []
        self._logger.warning("result not published", extra={"sequence_number": results[taken][0]})
        return [results[taken][0]]

    def _count(self, shard: str, changes: Sequence[RowChange]) -> list[str]:
        """Count the changes; return where the first is that wasn't counted."""
        uncounted = self._counting.count(shard, changes) if changes else None
        if uncounted is None:
            return []
        told = {"sequence_number": uncounted.sequence_number, "problem": uncounted.problem}
        self._logger.warning("changes not counted", extra=told)
        return [uncounted.sequence_number]

    def _count_duplicates(self, change: RowChange) -> None:
        """Count the mails that left twice, by the ids that SES gave.

        Here and not where the second id is written: a function that dies after it wrote has counted nothing,
        and the table's stream tells of every write until it has been read. So a duplicate may be counted
        again, and never goes uncounted.
        """
        row = change.after
        if row is None:
            return
        if duplicates := duplicates_between(change.before, row):
            self.counts.add(Metric.DUPLICATES, row.stream or UNKNOWN_STREAM, duplicates)
            told = {"message_id": row.message_id, "ses_message_ids": dict(row.ses_ids)}
            self._logger.warning("a message was sent twice", extra=told)
