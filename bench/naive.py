"""A sender as tutorials build it, to compare with: one Lambda function, one record at a time.

It is written as a careful person would after an afternoon of reading: Powertools for partial failures,
idempotency and structured logs, clients made once per process, a suppression list in DynamoDB. What it lacks
is what Postroad is about: it can send twice when an answer is lost, knows no rate and no quota, and leaves no
record of what became of a mail.
"""

import json
import os
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from jinja2 import Environment, select_autoescape

logger = Logger(service="naive")
processor = BatchProcessor(event_type=EventType.SQS)
ses = boto3.client("sesv2")
dynamodb = boto3.client("dynamodb")
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="message_id", expires_after_seconds=24 * 3600)
templates = Path(os.environ["TEMPLATES"])


def money(amount: str, currency: str) -> str:
    return f"{'€' if currency == 'EUR' else currency}{float(amount):,.2f}"


environment = Environment(autoescape=select_autoescape(default_for_string=True))
environment.filters["money"] = money


def render(template: str, data: dict[str, Any]) -> tuple[str, str, str]:
    subject, text, html = (
        environment.from_string((templates / template / part).read_text(encoding="utf-8"))
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return subject.render(data), text.render(data), html.render(data)


def is_suppressed(email: str) -> bool:
    key = {"email": {"S": email.lower()}}
    answer = dynamodb.get_item(TableName=os.environ["SUPPRESSIONS_TABLE"], Key=key)
    return "Item" in answer


@idempotent_function(  # type: ignore[untyped-decorator]  # Powertools says nothing of its types
    data_keyword_argument="message", config=config, persistence_store=persistence
)
def send(*, message: dict[str, Any]) -> dict[str, str]:
    email = message["to"]["email"]
    if is_suppressed(email):
        logger.info("suppressed", extra={"message_id": message["message_id"]})
        return {"status": "suppressed"}
    subject, text, html = render(message["template"], message["data"])
    answer = ses.send_email(
        FromEmailAddress=os.environ["FROM"],
        Destination={"ToAddresses": [email]},
        Content={
            "Simple": {
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": text, "Charset": "UTF-8"},
                    "Html": {"Data": html, "Charset": "UTF-8"},
                },
            }
        },
        ConfigurationSetName=os.environ["CONFIGURATION_SET"],
        EmailTags=[{"Name": "message_id", "Value": message["message_id"]}],
    )
    logger.info("sent", extra={"message_id": message["message_id"], "ses_id": answer["MessageId"]})
    return {"status": "sent", "ses_id": answer["MessageId"]}


def record_handler(record: SQSRecord) -> dict[str, str]:
    result: dict[str, str] = send(message=json.loads(record.body))
    return result


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    config.register_lambda_context(context)
    return process_partial_response(event, record_handler, processor, context)
