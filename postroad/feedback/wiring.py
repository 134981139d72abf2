"""The function `feedback`, put together from its environment."""

from __future__ import annotations

from functools import cache

import boto3
from botocore.config import Config

from postroad.feedback.intake import Feedback
from postroad.feedback.settings import FeedbackSettings
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import Counts, make_logger
from postroad.secrets import read_secret
from postroad.suppression.dynamodb import DynamoSuppressions

logger = make_logger("feedback")

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})


@cache
def counts() -> Counts:
    """Return the metrics of this process, made once."""
    return Counts(FeedbackSettings.from_env().stage)


@cache
def feedback() -> Feedback:
    """Return the use case, built once per process."""
    settings = FeedbackSettings.from_env()
    dynamodb = boto3.client("dynamodb", config=_CONFIG)
    secrets = boto3.client("secretsmanager", config=_CONFIG)
    return Feedback(
        ledger=DynamoLedger(dynamodb, settings.messages_table),
        suppressions=DynamoSuppressions(dynamodb, settings.suppressions_table),
        address_secret=read_secret(secrets, settings.address_secret_arn),
        counts=counts(),
        logger=logger,
    )
