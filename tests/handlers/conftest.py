from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from postroad.feedback import wiring as feedback_wiring
from postroad.feedback.settings import FeedbackSettings
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FEEDBACK_SECRET = "x" * 64
EVENTS_BUCKET = "postroad-prod-events"
TABLES = ("Messages", "Bodies", "Suppressions", "Schedule")


@dataclass
class Context:
    """What Lambda hands to a handler beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "request-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


@pytest.fixture
def context() -> LambdaContext:
    return cast("LambdaContext", Context())


@pytest.fixture
def dynamodb(emulated_url: str, monkeypatch: pytest.MonkeyPatch) -> "DynamoDBClient":
    """Return a client of empty tables in MiniStack's DynamoDB; whoever makes one from now on finds them too.

    moto knows no statements of PartiQL, by which rows are written many at a time.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", emulated_url)
    client = boto3.client("dynamodb")
    for name in set(TABLES).intersection(client.list_tables()["TableNames"]):
        client.delete_table(TableName=name)
    for name in TABLES:
        create_table(client, name)
    return client


@pytest.fixture
def feedback_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedbackSettings]:
    """Give the function `feedback` its environment, secret and bucket under moto; tables it has none."""
    with mock_aws():
        secrets = boto3.client("secretsmanager")
        settings = FeedbackSettings(
            stage="prod",
            messages_table="Messages",
            suppressions_table="Suppressions",
            address_secret_arn=secrets.create_secret(Name="address", SecretString=FEEDBACK_SECRET)["ARN"],
            schedule_table="Schedule",
            events_bucket=EVENTS_BUCKET,
            soft_bounces_in_a_row=2,
            soft_bounces_over_days=3,
        )
        boto3.client("s3").create_bucket(Bucket=EVENTS_BUCKET)
        for variable, value in settings.to_environment().items():
            monkeypatch.setenv(variable, value)
        feedback_wiring.feedback.cache_clear()
        yield settings
        feedback_wiring.feedback.cache_clear()
