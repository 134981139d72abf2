"""What one object of events asks of AWS: the fewer requests for each mail, the less a mail costs."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.endpoint import Endpoint

from functions.feedback.handler import lambda_handler
from postroad.contract.tags import MESSAGE_TAG, encode_tag
from postroad.contract.words import Status
from postroad.feedback.settings import FeedbackSettings
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.row import Row
from tests.documented_events import read, sqs_event
from tests.handlers.conftest import EVENTS_BUCKET as BUCKET

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "events/2020/11/22/14/postroad-prod-events-1-2020-11-22-14-03-13-a"
MAILS = 100
MOST_CALLS_A_MAIL = 0.2
SENT_AT = datetime(2020, 11, 22, 14, 3, 12, 480000, UTC)
ROW = Row(
    message_id="order-0",
    status=Status.SENT,
    stream="transactional",
    attempt=1,
    ses_ids={"1": "ses-order-0"},
    times={"accepted": SENT_AT, "sent": SENT_AT},
)


def said(name: str, message_id: str) -> str:
    event = read(name)
    event["mail"]["messageId"] = f"ses-{message_id}"
    event["mail"]["tags"][MESSAGE_TAG] = [encode_tag(message_id)]
    return json.dumps(event).replace("2026-11-22T", "2020-11-22T")  # no Send time is in the future


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counted: Counter[str] = Counter()
    ask: Callable[..., Any] = Endpoint.make_request

    def count(self: Endpoint, operation_model: Any, request_dict: Any) -> Any:  # noqa: ANN401  botocore's own
        counted[operation_model.name] += 1
        return ask(self, operation_model, request_dict)

    monkeypatch.setattr(Endpoint, "make_request", count)
    return counted


@pytest.fixture
def ledger(dynamodb: "DynamoDBClient", feedback_stage: FeedbackSettings) -> DynamoLedger:
    return DynamoLedger(dynamodb, feedback_stage.messages_table)


def test_an_object_of_a_hundred_mails_takes_few_calls(
    ledger: DynamoLedger, context: LambdaContext, calls: Counter[str]
) -> None:
    rows = [
        replace(ROW, message_id=f"order-{index}", ses_ids={"1": f"ses-order-{index}"})
        for index in range(MAILS)
    ]
    ledger.insert_many(rows)
    events = [said(kind, row.message_id) for kind in ("send", "delivery") for row in rows]
    boto3.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=gzip.compress("".join(events).encode()))
    notification = read("s3_event_object_created")
    notification["Records"][0]["s3"]["object"]["key"] = KEY
    calls.clear()

    told = lambda_handler(sqs_event(written=notification), context)

    asked = dict(calls)
    assert told == {"batchItemFailures": []}
    assert {row.status for row in ledger.get_many([row.message_id for row in rows]).values()} == {
        Status.DELIVERED
    }
    assert asked["BatchExecuteStatement"] == MAILS / 25
    assert sum(asked.values()) <= MOST_CALLS_A_MAIL * MAILS, asked
