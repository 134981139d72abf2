"""Whole batches of the Messages table's stream through the function `outcomes`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from functions.outcomes.handler import lambda_handler
from postroad.outcomes import wiring
from postroad.outcomes.settings import OutcomesSettings

BATCH = (Path(__file__).parents[1] / "events" / "dynamodb_messages_batch.json").read_text("utf-8")


class World:
    """The result bus under moto, with a queue on which everything arrives."""

    def __init__(self) -> None:
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="results")["QueueUrl"]
        self.events = boto3.client("events")
        self.events.create_event_bus(Name="postroad-test")
        pattern = json.dumps({"source": ["postroad"]})
        self.events.put_rule(Name="all", EventBusName="postroad-test", EventPattern=pattern)
        target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:results"}
        self.events.put_targets(Rule="all", EventBusName="postroad-test", Targets=[target])  # type: ignore[list-item]  # a plain dict

    def arrived(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    settings = OutcomesSettings(
        stage="test", bus_name="postroad-test", publishes={"transactional": ("sent", "bounced")}
    )
    for variable, value in settings.to_environment().items():
        monkeypatch.setenv(variable, value)
    wiring.outcomes.cache_clear()
    with mock_aws():
        yield World()
    wiring.outcomes.cache_clear()


def test_transitions_arrive_on_the_bus(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lambda_handler(json.loads(BATCH), context) == {"batchItemFailures": []}
    sent, bounced = sorted(world.arrived(), key=lambda event: str(event["detail"]["at"]))
    assert (sent["detail-type"], bounced["detail-type"]) == ("message.sent", "message.bounced")
    assert bounced["detail"] == {
        "schema": "postroad.result.v1",
        "id": "c4ca4238a0b923820dcc509a6f758403",
        "message_id": "order-1042-confirmation",
        "stream": "transactional",
        "template": "order_confirmation",
        "status": "bounced",
        "reason": "hard_bounce",
        "ses_message_id": "0100019e1f2a3b4c-5d6e7f80-1a2b-4c3d-8e9f-0123456789ab-000000",
        "at": "2026-11-22T14:03:15.112000Z",
        "tags": {"order": "1042"},
    }
    assert "@" not in json.dumps([sent, bounced])
    written = capsys.readouterr().out
    assert "@" not in written
    (metrics,) = [json.loads(line) for line in written.splitlines()]
    assert (metrics["stream"], metrics["results_published"]) == ("transactional", [2.0])


def test_a_batch_read_again_has_the_same_ids(world: World, context: LambdaContext) -> None:
    lambda_handler(json.loads(BATCH), context)
    first = sorted(event["detail"]["id"] for event in world.arrived())
    lambda_handler(json.loads(BATCH), context)
    assert sorted(event["detail"]["id"] for event in world.arrived()) == first


def test_a_row_that_can_not_be_read_is_where_lambda_goes_on(world: World, context: LambdaContext) -> None:
    batch = json.loads(BATCH)
    third = batch["Records"][2]["dynamodb"]
    third["NewImage"]["status"] = {"S": "curious"}
    assert lambda_handler(batch, context) == {
        "batchItemFailures": [{"itemIdentifier": third["SequenceNumber"]}]
    }
    assert [event["detail-type"] for event in world.arrived()] == ["message.sent"]


def test_a_bus_that_is_gone_stops_at_its_first_result(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    world.events.remove_targets(Rule="all", EventBusName="postroad-test", Ids=["queue"])
    world.events.delete_rule(Name="all", EventBusName="postroad-test")
    world.events.delete_event_bus(Name="postroad-test")
    second = json.loads(BATCH)["Records"][1]["dynamodb"]["SequenceNumber"]
    assert lambda_handler(json.loads(BATCH), context) == {"batchItemFailures": [{"itemIdentifier": second}]}
