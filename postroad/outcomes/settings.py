"""What the function `outcomes` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class OutcomesSettings(Settings):
    """Written by the stack, read by `wiring`. `publishes` lists the statuses that each stream publishes."""

    stage: str
    bus_name: str
    publishes: Mapping[str, tuple[str, ...]]
