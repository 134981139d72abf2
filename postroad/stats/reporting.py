"""What was counted, as rates with their denominators. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.stats.values import bounded
from postroad.stats.words import BETWEEN, OTHERS, PAIR_SIGN, Dimension, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from postroad.stats.ports import Position

LEAST_FOR_A_RATE = 100
"""Of fewer mails a part of a hundred says more than is known: both numbers alone are shown."""

RATES: Mapping[Metric, Metric] = {
    Metric.DELIVERED: Metric.SENT,
    Metric.HARD: Metric.SENT,
    Metric.SOFT: Metric.SENT,
    Metric.UNDETERMINED: Metric.SENT,
    Metric.REJECTED: Metric.SENT,
    Metric.COMPLAINTS: Metric.DELIVERED,
    Metric.UNSUBSCRIBES: Metric.DELIVERED,
    Metric.OPENS: Metric.DELIVERED,
    Metric.CLICKS: Metric.DELIVERED,
    Metric.MACHINE_OPENS: Metric.DELIVERED,
    Metric.MACHINE_CLICKS: Metric.DELIVERED,
}
"""Which part of what each is."""

ENDS = (Metric.DELIVERED, Metric.HARD, Metric.SOFT, Metric.UNDETERMINED, Metric.REJECTED)
"""What becomes of a mail that was sent: one of these, or nothing is known yet."""
NOT_SENT = tuple(metric for metric in Metric if metric.startswith("not_sent_"))

COUNTS_AT_ONCE = timedelta(minutes=15)
"""A shard that was counted within this time is at work."""


@dataclass(slots=True)
class Tally:
    """The sums of one value, or of a day."""

    counts: dict[Metric, int] = field(default_factory=dict)

    def add(self, metrics: Mapping[Metric, int]) -> None:
        """Add these."""
        for metric, count in metrics.items():
            self.counts[metric] = self.counts.get(metric, 0) + count

    def __getitem__(self, metric: Metric) -> int:
        """Return how many there are, 0 where none was counted."""
        return self.counts.get(metric, 0)

    @property
    def unknown(self) -> int:
        """How many were sent of which nothing more is known yet."""
        return self[Metric.SENT] - sum(self[metric] for metric in ENDS)

    def rate(self, metric: Metric) -> float | None:
        """Return the part that a metric is of its denominator, None where there are too few to tell."""
        whole = self[RATES[metric]]
        return self[metric] / whole if whole >= LEAST_FOR_A_RATE else None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the mail of some days.

    `lines` are the values of the dimension `by`, those of which most was sent first; `days` holds every day.
    The days sum up what has a value in that dimension.
    """

    by: str
    first: date
    last: date
    lines: Mapping[str, Tally]
    days: Mapping[date, Tally]

    @property
    def total(self) -> Tally:
        """The sum of all."""
        sums = Tally()
        for tally in self.days.values():
            sums.add(tally.counts)
        return sums


def dates(first: date, last: date) -> list[date]:
    """Return every day from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def reported(
    by: str,
    first: date,
    last: date,
    found: Iterable[tuple[date, Mapping[str, Mapping[Metric, int]]]],
) -> Report:
    """Add up what was read: of each day, and each stream maybe, the metrics of each value."""
    lines: dict[str, Tally] = {}
    days = {day: Tally() for day in dates(first, last)}
    for day, values in found:
        for value, metrics in values.items():
            lines.setdefault(value, Tally()).add(metrics)
            days[day].add(metrics)
    ordered = sorted(lines.items(), key=lambda line: (-line[1][Metric.SENT], line[0]))
    return Report(by, first, last, dict(ordered), days)


def dimensions(by: str) -> list[str]:
    """Return the dimensions that `by` names: one, two of a pair, none of the total."""
    return [] if by == Dimension.TOTAL else by.split(PAIR_SIGN)


def values(value: str) -> list[str]:
    """Return a value's parts, one for each dimension; `OTHERS` is one for all, of a pair too."""
    return value.split(BETWEEN)


def at_steps(journey: str, values: Mapping[str, Mapping[Metric, int]]) -> dict[str, Mapping[Metric, int]]:
    """Return the metrics of each step of this journey, of the values of the pair `STEPS`."""
    found: dict[str, Mapping[Metric, int]] = {}
    for value, metrics in values.items():
        name, _, step = value.partition(BETWEEN)
        if step and name == bounded(journey):
            found[step] = metrics
    return found


def counted_until(positions: Sequence[Position], *, now: datetime) -> tuple[datetime | None, bool]:
    """Return up to which moment all changes of rows are counted, and whether anything is being counted.

    While shards are at work, the one that is furthest behind decides. Otherwise nothing has changed since
    the last change that was counted.
    """
    at_work = [each.at for each in positions if each.counted_at > now - COUNTS_AT_ONCE]
    if at_work:
        return min(at_work), True
    return max((each.at for each in positions), default=None), False


def as_document(report: Report) -> dict[str, object]:
    """Return the report as JSON holds it."""
    names = dimensions(report.by)
    return {
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "by": report.by,
        "total": tally_document(report.total),
        "lines": [
            {**_named(names, value), **tally_document(tally)}
            for value, tally in report.lines.items()
            if names
        ],
        "days": [{"day": day.isoformat(), **tally_document(tally)} for day, tally in report.days.items()],
    }


def _named(names: Sequence[str], value: str) -> dict[str, str]:
    parts = values(value)
    return dict(zip(names, parts * len(names) if value == OTHERS else parts, strict=True))


def tally_document(tally: Tally) -> dict[str, object]:
    """Return the numbers and rates of a tally as JSON holds them."""
    return {
        "counts": {metric.value: tally[metric] for metric in Metric} | {"not_known_yet": tally.unknown},
        "rates": {
            metric.value: {
                "numerator": tally[metric],
                "denominator": tally[whole],
                "of": whole.value,
                "rate": tally.rate(metric),
            }
            for metric, whole in RATES.items()
        },
    }
