"""What counting writes: the product's own code over counters that note their writes.

How many counters a batch moves depends on how many values the dimensions have, which is supposed
(bench/prices.toml); what is counted of each change, and what fits a transaction, is the code's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from bench.cost_walk import NOW
from postroad.clock import FixedClock
from postroad.configuration.stats import Stats
from postroad.contract.words import Status
from postroad.ledger.row import Row
from postroad.stats.counting import Counting
from postroad.stats.counts import CAMPAIGN_TAG, VARIANT_TAG, Pairs
from postroad.stats.memory import MemoryCounters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from postroad.stats.counts import Sums
    from postroad.stats.ports import Position

UNITS_IN_A_TRANSACTION = 2
"""A write in a transaction takes two units: https://aws.amazon.com/dynamodb/pricing/on-demand/"""
CHANGES_A_MAIL = 2
"""Sent and delivered; the claim counts nothing, and isn't handed over."""
DOMAINS = (
    "gmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "example.com",
    "gmx.net",
    "qq.com",
    "me.com",
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A change of a row, as the table's stream tells it."""

    sequence_number: str
    at: datetime
    before: Row | None
    after: Row | None


class MeteredCounters(MemoryCounters):
    """Counters whose items are far below 1 KB each."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        super().__init__()
        self.units = 0

    def add(self, shard: str, sums: Sums, *, expected: Position | None, position: Position) -> bool:
        """Write the cells and the position."""
        self.units += UNITS_IN_A_TRANSACTION * (len(sums) + 1)
        return super().add(shard, sums, expected=expected, position=position)


@cache
def write_units(changes: int, values: tuple[int, ...]) -> int:
    """Return the write units of a run that takes so many changes.

    `values` are how many templates, campaigns, variants, locales and providers there are. What happens once a
    day, the first counter of a value, is left out.
    """
    counters = MeteredCounters()
    counting = Counting(counters=counters, pairs=Pairs(Stats().pairs), clock=FixedClock(NOW))
    counting.count("shard", list(_changes(changes, values)))
    return counters.units


def _changes(count: int, values: tuple[int, ...]) -> Iterator[Counted]:
    kinds = list(product(*(range(each) for each in values)))
    for number in range(count):
        # Neighbours differ in every dimension, as mails of many senders do.
        template, campaign, variant, locale, provider = kinds[number * 7919 % len(kinds)]
        claimed = Row(
            message_id=f"m{number}",
            status=Status.CLAIMED,
            stream="marketing",
            template=f"template {template}",
            locale=f"l{locale}",
            email=f"ana@{DOMAINS[provider]}",
            tags={CAMPAIGN_TAG: f"campaign {campaign}", VARIANT_TAG: f"variant {variant}"},
            times={"accepted": NOW},
        )
        sent = replace(claimed, status=Status.SENT, times={"sent": NOW})
        delivered = replace(sent, status=Status.DELIVERED, times={"sent": NOW, "delivered": NOW})
        before, after = ((claimed, sent), (sent, delivered))[number % CHANGES_A_MAIL]
        yield Counted(str(number + 1), NOW, before, after)
