"""The function `feedback`, put together from its environment."""

from __future__ import annotations

from functools import cache

import boto3

from postroad.aws import client_config
from postroad.feedback.intake import Feedback
from postroad.feedback.settings import FeedbackSettings
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import Counts, make_logger
from postroad.secrets import read_secret
from postroad.suppression.dynamodb import DynamoSuppressions

logger = make_logger("feedback")


@cache
def feedback() -> Feedback:
    """Return the use case, made once per process."""
    settings = FeedbackSettings.from_env()
    dynamodb = boto3.client("dynamodb", config=client_config())
    secrets = boto3.client("secretsmanager", config=client_config())
    return Feedback(
        ledger=DynamoLedger(dynamodb, settings.messages_table),
        suppressions=DynamoSuppressions(dynamodb, settings.suppressions_table),
        address_secret=read_secret(secrets, settings.address_secret_arn),
        counts=Counts(settings.stage),
        logger=logger,
    )
