"""What a row adds to the counters. Pure.

A row counts as it stands, so a change of a row adds what it counts after less what it counted before. A hard
bounce after a delivery moves the message from one counter to the other, and so does a click that turns out to
be a machine's. A row that goes by its time to live takes nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postroad.contract.words import BounceKind, Status
from postroad.ledger.engagement import CLICKED, MACHINE_CLICKED, MACHINE_OPENED, OPENED
from postroad.ledger.row import LEFT
from postroad.stats.providers import provider_of
from postroad.stats.values import bounded
from postroad.stats.words import ALL, BETWEEN, MARGINALS, STEPS, Dimension, Metric, pair_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from postroad.ledger.row import Row

CAMPAIGN_TAG, VARIANT_TAG = "campaign", "variant"
"""The producer's tags that are dimensions."""

_ENGAGED = {
    OPENED: Metric.OPENS,
    CLICKED: Metric.CLICKS,
    MACHINE_OPENED: Metric.MACHINE_OPENS,
    MACHINE_CLICKED: Metric.MACHINE_CLICKS,
}
_BOUNCED = {
    BounceKind.HARD: Metric.HARD,
    BounceKind.SOFT: Metric.SOFT,
    BounceKind.UNDETERMINED: Metric.UNDETERMINED,
}
_NOT_SENT = {
    Status.SUPPRESSED: Metric.NOT_SENT_SUPPRESSED,
    Status.UNSUBSCRIBED: Metric.NOT_SENT_UNSUBSCRIBED,
    Status.CAPPED: Metric.NOT_SENT_CAPPED,
    Status.EXPIRED: Metric.NOT_SENT_EXPIRED,
    Status.CANCELLED: Metric.NOT_SENT_CANCELLED,
    Status.FAILED: Metric.NOT_SENT_FAILED,
}


class Cell(NamedTuple):
    """Where counters stand together: `day` is a UTC date as `2026-11-22`."""

    day: str
    stream: str
    dimension: str
    value: str


Sums = dict[Cell, dict[Metric, int]]
"""What is added to the counters; never a zero."""


class Pairs:
    """The pairs of dimensions that are counted, by their names; see `pair_of`. `STEPS` is always one."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Count these pairs. Raises ValueError for a name that is none."""
        self.each = tuple((name, *pair_of(name)) for name in dict.fromkeys((*names, STEPS)))


NO_PAIRS = Pairs()
"""None but the one that always is."""


def counts(row: Row | None, pairs: Pairs = NO_PAIRS) -> Sums:
    """Return what a row counts, in every dimension in which it has a value."""
    if row is None or not row.stream:
        return {}
    at, metrics = _standing(row)
    if at is None or not metrics:
        return {}
    day = at.date().isoformat()
    return {
        Cell(day, row.stream, dimension, value): dict.fromkeys(metrics, 1)
        for dimension, value in _places(row, pairs)
    }


def difference(before: Row | None, after: Row | None, pairs: Pairs = NO_PAIRS) -> Sums:
    """Return what a change of a row adds; negative where it counts no longer. A removal adds nothing."""
    if after is None:
        return {}
    sums = counts(after, pairs)
    for cell, metrics in counts(before, pairs).items():
        add(sums, cell, {metric: -count for metric, count in metrics.items()})
    return sums


def add(sums: Sums, cell: Cell, metrics: Mapping[Metric, int]) -> None:
    """Add these to `sums`, and take out what comes to nothing."""
    standing = sums.setdefault(cell, {})
    for metric, count in metrics.items():
        total = standing.get(metric, 0) + count
        if total:
            standing[metric] = total
        else:
            standing.pop(metric, None)
    if not standing:
        del sums[cell]


def _standing(row: Row) -> tuple[datetime | None, tuple[Metric, ...]]:
    """Return the moment that decides the row's day, and the metrics in which it counts."""
    sent = row.times.get(Status.SENT.value)
    if sent is not None:
        return sent, tuple(_of_sent(row))
    metric = _NOT_SENT.get(row.status)
    return (None, ()) if metric is None else (row.times.get("accepted"), (metric,))


def _of_sent(row: Row) -> Iterator[Metric]:
    yield Metric.SENT
    # One of these and no more, by the rank of the statuses, so that they add up to what was sent.
    if row.bounce == BounceKind.HARD:
        yield Metric.HARD
    elif Status.DELIVERED.value in row.times:
        yield Metric.DELIVERED
    elif row.bounce:
        yield _BOUNCED[BounceKind(row.bounce)]
    elif Status.REJECTED.value in row.times:
        yield Metric.REJECTED
    if Status.COMPLAINED.value in row.times:
        yield Metric.COMPLAINTS
    if LEFT in row.times:
        yield Metric.UNSUBSCRIBES
    if row.engagement:
        for word in row.engaged:
            yield _ENGAGED[word]


def _places(row: Row, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """Yield each dimension in which the row has a value, with it."""
    found = {
        Dimension.TEMPLATE: bounded(row.template),
        Dimension.CAMPAIGN: bounded(row.tags.get(CAMPAIGN_TAG, "")),
        Dimension.VARIANT: bounded(row.tags.get(VARIANT_TAG, "")),
        Dimension.LOCALE: bounded(row.locale),
        Dimension.PROVIDER: provider_of(row.email) if row.email else row.provider,
        Dimension.JOURNEY: bounded(row.journey),
        Dimension.STEP: bounded(row.step),
    }
    yield Dimension.TOTAL.value, ALL
    for dimension in MARGINALS:
        if value := found[dimension]:
            yield dimension.value, value
    for name, first, second in pairs.each:
        if found[first] and found[second]:
            yield name, f"{found[first]}{BETWEEN}{found[second]}"
