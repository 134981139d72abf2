"""The function `counting`, put together from its environment."""

from __future__ import annotations

from functools import cache

import boto3

from postroad.aws import client_config
from postroad.clock import SystemClock
from postroad.observability import make_logger
from postroad.outcomes.counting.settings import CountingSettings
from postroad.outcomes.counting.tally import Tally
from postroad.stats.counting import Counting
from postroad.stats.counts import Pairs
from postroad.stats.dynamodb import DynamoCounters

logger = make_logger("counting")


@cache
def settings() -> CountingSettings:
    """Return the function's settings, read once per process."""
    return CountingSettings.from_env()


def local_shard() -> str:
    """Return what stands for the shard on the local stage, empty on all others."""
    return settings().local_shard


@cache
def tally() -> Tally:
    """Return the use case, made once per process."""
    given = settings()
    dynamodb = boto3.client("dynamodb", config=client_config())
    return Tally(
        counting=Counting(
            counters=DynamoCounters(dynamodb, given.stats_table),
            pairs=Pairs(given.stats_pairs),
            clock=SystemClock(),
        ),
        logger=logger,
    )
