"""The services that are asked for every mail, or at every cold start."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from postroad.signing import environment
from postroad.signing.json_service import JsonService

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 5
"""Seconds, as of other clients (`postroad.aws`): a request that hangs would hold its whole batch."""


def dynamodb_requests() -> DynamoDBClient:
    """Return what stands for boto3's client of DynamoDB, all but its paginators and waiters."""
    return cast("DynamoDBClient", _service("dynamodb", target="DynamoDB_20120810", version="1.0"))


def secrets_requests() -> SecretsManagerClient:
    """Return what stands for boto3's client of Secrets Manager."""
    return cast("SecretsManagerClient", _service("secretsmanager", target="secretsmanager", version="1.1"))


def sqs_requests() -> SQSClient:
    """Return what stands for boto3's client of SQS.

    Its JSON protocol: docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
    """
    return cast("SQSClient", _service("sqs", target="AmazonSQS", version="1.0"))


def _service(name: str, *, target: str, version: str) -> JsonService:
    return JsonService(
        environment.endpoint(name, name, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT),
        signing_name=name,
        target=target,
        version=version,
        region=environment.region(),
        keys=environment.keys,
    )
