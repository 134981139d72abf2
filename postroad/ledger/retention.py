"""How long a row is kept after the status that it ended with. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.ledger.row import LEAST_RETENTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.contract.words import Status


@dataclass(frozen=True, slots=True)
class Retention:
    """`usual`, where `of` the status says nothing else; never less than the contract's 28 days."""

    usual: timedelta = LEAST_RETENTION
    of: Mapping[str, timedelta] = field(default_factory=dict)

    def after(self, status: Status) -> timedelta:
        """Return how long a row of this status is kept."""
        return max(self.of.get(status.value, self.usual), LEAST_RETENTION)


def retention_of(usual_days: int, days_of: Mapping[str, int]) -> Retention:
    """Return what settings say in days."""
    return Retention(
        timedelta(days=usual_days), {status: timedelta(days=days) for status, days in days_of.items()}
    )
