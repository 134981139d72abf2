"""Reading what was counted of mail: for `postroad report`, and for whatever shows a part of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from postroad.stats.ports import Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from postroad.stats.ports import Reading
    from postroad.stats.words import Metric

AT_ONCE = 8
"""Days that are read at the same time."""


def read_days(
    counters: Reading, days: Sequence[date], streams: Sequence[str], by: str
) -> Iterator[tuple[date, Mapping[str, Mapping[Metric, int]]]]:
    """Yield the metrics of each value of the dimension `by`, of each day and stream, with the day.

    Raises StatsUnavailableError.
    """
    groups = [(day, Group(day.isoformat(), stream, by)) for day in days for stream in streams]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for (day, _), values in zip(
            groups, threads.map(counters.read, (group for _, group in groups)), strict=True
        ):
            yield day, values


def counted_document(reached: datetime | None, *, at_work: bool, now: datetime) -> dict[str, object]:
    """Return up to when everything is counted, as JSON holds it; how far behind only while there is work."""
    behind = None if reached is None or not at_work else round((now - reached).total_seconds(), 1)
    return {"until": reached, "behind_seconds": behind}
