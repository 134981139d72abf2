"""The function `outcomes`, put together from its environment."""

from __future__ import annotations

import time
from functools import cache

import boto3

from postroad.aws import client_config
from postroad.observability import Counts, make_logger
from postroad.outcomes.eventbridge import EventBridgeBus
from postroad.outcomes.publishing import Outcomes
from postroad.outcomes.settings import OutcomesSettings

logger = make_logger("outcomes")


@cache
def outcomes() -> Outcomes:
    """Return the use case, made once per process."""
    settings = OutcomesSettings.from_env()
    events = boto3.client("events", config=client_config(attempts=2))  # the bus itself tries again
    return Outcomes(
        bus=EventBridgeBus(events, settings.bus_name, time.sleep),
        publishes=settings.publishes,
        counts=Counts(settings.stage),
        logger=logger,
    )
