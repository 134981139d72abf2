"""bench/prices.toml, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for `per` of the `unit`. `checked` says where it was seen beside `source`, or is empty."""

    usd: float
    per: float
    unit: str
    source: str
    checked: str

    def of(self, count: float) -> float:
        """Return what so many units cost, in USD."""
        return count * self.usd / self.per


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of SES. `tiers` are up to how many mails a month (0: no end), and USD per 1,000 of them."""

    name: str
    month: float
    tiers: tuple[tuple[float, float], ...]
    gives: str

    def costs(self, mails: float) -> float:
        """Return USD for so many mails in one month, the plan's fee included."""
        usd, begun = self.month, 0.0
        for end, thousand in self.tiers:
            until = min(mails, end) if end else mails
            usd += max(0.0, until - begun) / 1000 * thousand
            begun = max(begun, until)
        return usd


@dataclass(frozen=True, slots=True)
class Prices:
    """The file. `assumptions`, `standing`, `mix` and `naive` map the names of its keys to numbers."""

    region: str
    month: str
    prices: Mapping[str, Price]
    ses_source: str
    ses_checked: str
    plans: Mapping[str, Plan]
    assumptions: Mapping[str, float]
    standing: Mapping[str, float]
    mix: Mapping[str, float]
    naive: Mapping[str, float]

    def usd(self, price: str, count: float) -> float:
        """Return what `count` units of this price cost. Raises KeyError for a price that isn't there."""
        return self.prices[price].of(count)


@cache
def prices(file: Path = FILE) -> Prices:
    """Read the file."""
    content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    ses = content["ses"]
    return Prices(
        region=content["region"],
        month=content["month"],
        prices={name: Price(**price) for name, price in content["prices"].items()},
        ses_source=ses["source"],
        ses_checked=ses["checked"],
        plans={
            name: Plan(**{**plan, "tiers": tuple((end, thousand) for end, thousand in plan["tiers"])})
            for name, plan in ses["plans"].items()
        },
        assumptions=content["assumptions"],
        standing=content["standing"],
        mix=content["mix"],
        naive=content["naive"],
    )
