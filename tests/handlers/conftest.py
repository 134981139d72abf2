from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
