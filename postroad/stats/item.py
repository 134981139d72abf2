"""Counters, positions and admitted values as DynamoDB items. Pure.

    pk                              sk                        holds
    <day>#<stream>#<dimension>      n#<value>#<suffix>        a number for each metric
    <day>#<stream>#<dimension>      values                    the values that have counters, and how many
    shards                          <shard id>                how far it was counted, until its time to live

A counter is spread over suffixes by shard, so that shards hardly ever write the same item at once. Its sum is
that of all suffixes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from postroad.stats.ports import Position
from postroad.stats.words import Metric
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from postroad.stats.counts import Cell
    from postroad.stats.ports import Group

SUFFIXES = 8
COUNTER = "n#"
VALUES_KEY = "values"
SHARDS_KEY = "shards"
KEPT = timedelta(days=8)
"""After its last change a position is forgotten. A stream keeps its records for a day:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""

Item = dict[str, dict[str, Any]]


def suffix_of(shard: str) -> str:
    """Return the suffix under which this shard counts, the same each time."""
    return str(crc32(shard.encode()) % SUFFIXES)


def group_key(group: Group) -> str:
    """Return the partition key of a group's counters."""
    return f"{group.day}#{group.stream}#{group.dimension}"


def counter_key(cell: Cell, shard: str) -> Item:
    """Return the key of the counter in which this shard counts."""
    return {
        "pk": {"S": f"{cell.day}#{cell.stream}#{cell.dimension}"},
        "sk": {"S": f"{COUNTER}{cell.value}#{suffix_of(shard)}"},
    }


def shard_key(shard: str) -> Item:
    """Return the key of a shard's position."""
    return {"pk": {"S": SHARDS_KEY}, "sk": {"S": shard}}


def summed(items: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[Metric, int]]:
    """Return the metrics of each value, over all suffixes; what comes to nothing is left out."""
    sums: dict[str, dict[Metric, int]] = {}
    for item in items:
        value = item["sk"]["S"].removeprefix(COUNTER).rpartition("#")[0]
        metrics = sums.setdefault(value, {})
        for metric in Metric:
            if metric.value in item:
                metrics[metric] = metrics.get(metric, 0) + int(item[metric.value]["N"])
    found = {
        value: {metric: count for metric, count in metrics.items() if count}
        for value, metrics in sums.items()
    }
    return {value: metrics for value, metrics in found.items() if metrics}


def position_values(position: Position) -> Item:
    """Return the attributes that hold a position, without its key."""
    return {
        "sequence_number": {"S": position.sequence_number},
        "at": {"N": str(milliseconds(position.at))},
        "counted_at": {"N": str(milliseconds(position.counted_at))},
        "ttl": {"N": str(milliseconds(position.counted_at + KEPT) // 1000)},
    }


def position_from(item: Mapping[str, Mapping[str, Any]]) -> Position:
    """Return the position that this item holds."""
    return Position(
        sequence_number=item["sequence_number"]["S"],
        at=moment(int(item["at"]["N"])),
        counted_at=moment(int(item["counted_at"]["N"])),
    )
