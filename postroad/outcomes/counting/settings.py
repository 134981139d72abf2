"""What the function `counting` reads from its environment."""

from dataclasses import dataclass

from postroad.settings import Settings


@dataclass(frozen=True, kw_only=True)
class CountingSettings(Settings):
    """Written by the stack, read by `wiring`. `stats_pairs` names the pairs that are counted.

    `local_shard` stands for the shard on the local stage, and is empty on all others.
    """

    stage: str
    stats_table: str
    stats_pairs: tuple[str, ...]
    local_shard: str
