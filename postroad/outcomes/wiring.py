"""The function `outcomes`, put together from its environment."""

from __future__ import annotations

import time
from functools import cache

import boto3

from postroad.aws import client_config
from postroad.clock import SystemClock
from postroad.observability import Counts, make_logger
from postroad.outcomes.eventbridge import EventBridgeBus
from postroad.outcomes.publishing import Outcomes
from postroad.outcomes.settings import OutcomesSettings
from postroad.stats.counting import Counting
from postroad.stats.counts import Pairs
from postroad.stats.dynamodb import DynamoCounters

logger = make_logger("outcomes")


@cache
def settings() -> OutcomesSettings:
    """Return the function's settings, read once per process."""
    return OutcomesSettings.from_env()


def local_shard() -> str:
    """Return what stands for the shard on the local stage, empty on all others."""
    return settings().local_shard


@cache
def outcomes() -> Outcomes:
    """Return the use case, made once per process."""
    given = settings()
    events = boto3.client("events", config=client_config(attempts=2))  # the bus itself tries again
    dynamodb = boto3.client("dynamodb", config=client_config())
    return Outcomes(
        bus=EventBridgeBus(events, given.bus_name, time.sleep),
        publishes=given.publishes,
        counting=Counting(
            counters=DynamoCounters(dynamodb, given.stats_table),
            pairs=Pairs(given.stats_pairs),
            clock=SystemClock(),
        ),
        counts=Counts(given.stage),
        logger=logger,
    )
