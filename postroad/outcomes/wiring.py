"""The function `outcomes`, put together from its environment."""

from __future__ import annotations

import time
from functools import cache

import boto3
from botocore.config import Config

from postroad.observability import Counts, make_logger
from postroad.outcomes.eventbridge import EventBridgeBus
from postroad.outcomes.publishing import Outcomes
from postroad.outcomes.settings import OutcomesSettings

logger = make_logger("outcomes")

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


@cache
def counts() -> Counts:
    """Return the metrics of this process, made once."""
    return Counts(OutcomesSettings.from_env().stage)


@cache
def outcomes() -> Outcomes:
    """Return the use case, built once per process."""
    settings = OutcomesSettings.from_env()
    return Outcomes(
        bus=EventBridgeBus(boto3.client("events", config=_CONFIG), settings.bus_name, time.sleep),
        publishes=settings.publishes,
        counts=counts(),
        logger=logger,
    )
