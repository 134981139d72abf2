"""The function `feedback`, put together from its environment.

It reads and writes Messages, Suppressions and, in Schedule, marks and watermarks; it reads and lists the
bucket of events.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from postroad.aws import Clients, client_config
from postroad.clock import SystemClock
from postroad.evidence.dynamodb import DynamoAppliedObjects, DynamoWatermarks
from postroad.evidence.following import Following
from postroad.evidence.s3 import S3EventObjects
from postroad.feedback.applying import THREADS, Applying
from postroad.feedback.intake import Feedback
from postroad.feedback.objects import EventObjectIntake
from postroad.feedback.settings import FeedbackSettings
from postroad.feedback.soft_runs import SoftBounceRule
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.retention import retention_of
from postroad.observability import Counts, make_logger
from postroad.secrets import read_secret
from postroad.suppression.dynamodb import DynamoSuppressions

logger = make_logger("feedback")


@cache
def feedback() -> Feedback:
    """Return the use case, made once per process."""
    settings = FeedbackSettings.from_env()
    clients = Clients(client_config(connections=THREADS))
    dynamodb = clients.client("dynamodb")
    counts = Counts(settings.stage)
    objects = S3EventObjects(clients.when_used("s3"), settings.events_bucket)
    applied = DynamoAppliedObjects(dynamodb, settings.schedule_table)
    applying = Applying(
        ledger=DynamoLedger(dynamodb, settings.messages_table),
        suppressions=DynamoSuppressions(dynamodb, settings.suppressions_table),
        address_secret=read_secret(clients.client("secretsmanager"), settings.address_secret_arn),
        counts=counts,
        logger=logger,
        retention=retention_of(settings.retention_days, settings.retention_days_of),
        soft_bounces=SoftBounceRule(
            in_a_row=settings.soft_bounces_in_a_row, over=timedelta(days=settings.soft_bounces_over_days)
        ),
    )
    return Feedback(
        applying=applying,
        objects=EventObjectIntake(
            stage=settings.stage,
            objects=objects,
            applied=applied,
            applying=applying,
            counts=counts,
            logger=logger,
        ),
        following=Following(
            objects=objects,
            applied=applied,
            watermarks=DynamoWatermarks(dynamodb, settings.schedule_table),
        ),
        bucket=settings.events_bucket,
        clock=SystemClock(),
        counts=counts,
        logger=logger,
    )
