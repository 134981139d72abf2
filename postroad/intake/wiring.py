"""The function `intake`, put together from its environment. It puts events on the queue of journeys."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from postroad.activity.declared import DECLARED_EVENTS, read_declared
from postroad.clock import SystemClock
from postroad.intake.settings import IntakeSettings
from postroad.intake.sqs import SqsQueue
from postroad.intake.taking_in import Intake
from postroad.observability import make_logger
from postroad.signing.services import sqs_requests

logger = make_logger("intake")
clock = SystemClock()

BUNDLE = Path(__file__).parents[2]
"""Where the build puts what it made for this function: beside `postroad`."""


@cache
def intake() -> Intake:
    """Return the use case, made once per process."""
    settings = IntakeSettings.from_env()
    declared = read_declared((BUNDLE / DECLARED_EVENTS).read_text("utf-8"))
    return Intake(declared=declared, queue=SqsQueue(sqs_requests(), settings.queue_url))
