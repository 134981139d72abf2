"""The use case: publish each transition of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.ledger.duplicates import duplicates_between
from postroad.observability import UNKNOWN_STREAM, Metric
from postroad.outcomes.transition import RowChange, UnreadableChange, result_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools import Logger

    from postroad.contract.result import Result
    from postroad.observability import Counts
    from postroad.outcomes.ports import ResultBus


class Outcomes:
    """Publishes results at least once, in the order of the stream, with the same id each time."""

    def __init__(
        self, *, bus: ResultBus, publishes: Mapping[str, tuple[str, ...]], counts: Counts, logger: Logger
    ) -> None:
        """Publish on `bus` the statuses that `publishes` lists for each stream."""
        self._bus = bus
        self._publishes = publishes
        self.counts = counts
        self._logger = logger

    def publish(self, changes: Sequence[RowChange | UnreadableChange]) -> str | None:
        """Publish what the changes mean; return the sequence number from which to go on again, or None.

        Lambda reads the shard again from that record, so everything after the first failure waits for it;
        what was published after it is published again with the same id.
        """
        results: list[tuple[str, Result]] = []
        stuck_at: str | None = None
        for change in changes:
            if isinstance(change, UnreadableChange):
                told = {"sequence_number": change.sequence_number, "problem": change.problem}
                self._logger.error("unreadable row", extra=told)
                stuck_at = change.sequence_number
                break
            result = result_of(change, self._publishes)
            if result is not None:
                results.append((change.sequence_number, result))
        taken = self._bus.publish([result for _, result in results])
        for _, result in results[:taken]:
            self.counts.add(Metric.RESULTS_PUBLISHED, result.stream or UNKNOWN_STREAM)
        if taken < len(results):
            stuck_at = results[taken][0]
            self._logger.warning("result not published", extra={"sequence_number": stuck_at})
        for change in changes:
            if change.sequence_number == stuck_at or isinstance(change, UnreadableChange):
                break  # what comes from there on is read again
            self._count_duplicates(change)
        return stuck_at

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
