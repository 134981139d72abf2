"""Whole SQS events through the function `feedback`, over DynamoDB."""

import gzip
import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient

from functions.feedback.handler import lambda_handler
from postroad.aws import Clients
from postroad.contract.address import parse_address
from postroad.contract.words import Reason, Status
from postroad.evidence.dynamodb import DynamoWatermarks
from postroad.feedback import wiring
from postroad.feedback.settings import FeedbackSettings
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.row import Row
from postroad.suppression.address_key import address_key
from postroad.suppression.dynamodb import DynamoSuppressions
from tests.documented_events import EVENTS, read, sqs_event
from tests.handlers.conftest import EVENTS_BUCKET as BUCKET
from tests.handlers.conftest import FEEDBACK_SECRET
from tests.tables import create_table

MESSAGE = "order-1042-confirmation"
ANA = address_key(FEEDBACK_SECRET.encode(), parse_address("ana.ruiz@example.com").canonical)


class World:
    """The function's tables and secret under moto."""

    def __init__(self, settings: FeedbackSettings) -> None:
        self.client: DynamoDBClient = boto3.client("dynamodb")
        for name in (settings.messages_table, settings.suppressions_table, settings.schedule_table):
            create_table(self.client, name)
        self.ledger = DynamoLedger(self.client, settings.messages_table)
        self.suppressions = DynamoSuppressions(self.client, settings.suppressions_table)
        self.ledger.insert(
            Row(
                message_id=MESSAGE,
                status=Status.SENT,
                stream="transactional",
                email="ana.ruiz@example.com",
                attempt=1,
                times={"accepted": datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)},
            )
        )

    def status(self) -> Status:
        row = self.ledger.get(MESSAGE)
        assert row is not None
        return row.status

    def reason(self) -> Reason | None:
        suppression = self.suppressions.find([ANA]).get(ANA)
        return None if suppression is None else suppression.scopes["all"].reason


@pytest.fixture
def world(feedback_stage: FeedbackSettings) -> World:
    return World(feedback_stage)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Return what the function logs; its metrics go to stdout."""
    written = StringIO()
    monkeypatch.setattr(wiring.logger.registered_handler, "stream", written)
    return written


def test_a_batch_of_a_bounce_a_complaint_and_a_greeting(
    world: World, context: LambdaContext, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lambda_handler(read("sqs_feedback_batch"), context) == {"batchItemFailures": []}
    assert world.status() is Status.COMPLAINED
    assert world.reason() is Reason.COMPLAINT
    assert [line.reason for line in world.suppressions.history(ANA)] == [Reason.HARD_BOUNCE, Reason.COMPLAINT]
    written = capsys.readouterr().out
    assert "@" not in log.getvalue() + written
    (metrics,) = [json.loads(line) for line in written.splitlines()]
    assert (metrics["stage"], metrics["stream"]) == ("prod", "transactional")
    assert (metrics["hard_bounces"], metrics["complaints"]) == ([1.0], [1.0])


def test_the_same_batch_again_changes_nothing(world: World, context: LambdaContext) -> None:
    lambda_handler(read("sqs_feedback_batch"), context)
    before = [world.client.scan(TableName=name)["Items"] for name in ("Messages", "Suppressions")]
    assert lambda_handler(read("sqs_feedback_batch"), context) == {"batchItemFailures": []}
    assert [world.client.scan(TableName=name)["Items"] for name in ("Messages", "Suppressions")] == before


def test_every_documented_payload_goes_through(
    world: World, context: LambdaContext, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    events = {
        name: read(name) for name in (path.stem for path in EVENTS.glob("*.json")) if "batch" not in name
    }
    assert len(events) > 40
    assert lambda_handler(sqs_event(**events), context) == {"batchItemFailures": []}
    assert world.status() is Status.COMPLAINED
    assert "@" not in log.getvalue() + capsys.readouterr().out


def test_bad_records_go_back_alone_and_unseen(world: World, context: LambdaContext, log: StringIO) -> None:
    event = sqs_event(
        garbage="ana.ruiz@example.com",
        half={"eventType": "Bounce", "mail": {"destination": ["ana.ruiz@example.com"]}},
        good=read("bounce_permanent_general"),
    )
    assert lambda_handler(event, context) == {
        "batchItemFailures": [{"itemIdentifier": "garbage"}, {"itemIdentifier": "half"}]
    }
    assert world.status() is Status.BOUNCED
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["malformed event"] * 2
    assert "@" not in log.getvalue()


@pytest.mark.parametrize(("table", "suppressed"), [("Messages", Reason.HARD_BOUNCE), ("Suppressions", None)])
def test_a_throttled_table_fails_what_needed_it(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    suppressed: Reason | None,
) -> None:
    real = Clients.client

    def throttled(self: Clients, service: str) -> Any:  # noqa: ANN401  boto3's own types
        client = real(self, service)
        client.meta.events.register("provide-client-params.dynamodb.*", refuse)
        return client

    def refuse(params: dict[str, Any], **_: object) -> None:
        if params.get("TableName") == table or table in params.get("RequestItems", {}):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "any")

    monkeypatch.setattr(Clients, "client", throttled)
    event = sqs_event(bounce=read("bounce_permanent_general"), delivery=read("delivery"))
    failures = {each["itemIdentifier"] for each in lambda_handler(event, context)["batchItemFailures"]}
    assert "bounce" in failures
    assert ("delivery" in failures) is (table == "Messages")
    assert world.reason() == suppressed


def test_an_event_before_the_mark_settles_the_claim(world: World, context: LambdaContext) -> None:
    world.ledger.apply(
        MESSAGE, lambda _: Row(message_id=MESSAGE, status=Status.CLAIMED, attempt=1, owner="someone")
    )
    lambda_handler(sqs_event(delivery=read("delivery")), context)
    row = world.ledger.get(MESSAGE)
    assert row is not None
    assert (row.status, row.owner) == (Status.DELIVERED, "")
    assert row.ses_ids == {"1": read("delivery")["mail"]["messageId"]}


def stored(*names: str) -> bytes:
    """Return these payloads as Firehose stores them, and as of years ago: no Send time is in the future."""
    return "".join(json.dumps(read(name)) for name in names).replace("2026-11-22T", "2020-11-22T").encode()


def test_one_batch_of_both_queues(world: World, context: LambdaContext, log: StringIO) -> None:
    key = "events/2020/11/22/14/postroad-prod-events-1-2020-11-22-14-03-13-a b"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(stored("send", "delivery")))
    notification = read("s3_event_object_created")
    notification["Records"][0]["s3"]["object"]["key"] = key.replace(" ", "+")
    event = sqs_event(
        greeting=read("s3_test_event"),
        stored=notification,
        elsewhere={"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "another"}}}]},
        bounce=read("bounce_transient_general"),
    )
    assert lambda_handler(event, context) == {"batchItemFailures": [{"itemIdentifier": "elsewhere"}]}
    assert world.status() is Status.DELIVERED
    watermarks = DynamoWatermarks(world.client, "Schedule")
    assert watermarks.read("transactional") == datetime(2020, 11, 22, 14, 3, 12, 480000, UTC)
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["malformed event"]

    before = world.client.scan(TableName="Messages")["Items"]
    assert lambda_handler(event, context) == {"batchItemFailures": [{"itemIdentifier": "elsewhere"}]}
    assert world.client.scan(TableName="Messages")["Items"] == before
