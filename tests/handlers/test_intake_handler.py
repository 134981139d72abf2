"""Whole requests to POST /events, from the gateway's event to what is on the queue."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from functions.intake.handler import lambda_handler
from postroad.activity.declared import DECLARED_EVENTS, declared_text
from postroad.clock import FixedClock
from postroad.configuration.events import read_events
from postroad.contract.event import parse_event
from postroad.intake import wiring
from postroad.intake.settings import IntakeSettings
from tests.unit.intake.test_taking_in import EVENT, NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from postroad.intake.http import Response

pytestmark = pytest.mark.slow

SIGNED = {
    "iam": {
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "accountId": "111122223333",
        "callerId": "AIDACKCEVSQ6C2EXAMPLE",
        "cognitoIdentity": None,
        "principalOrgId": "",
        "userArn": "arn:aws:iam::111122223333:user/shop",
        "userId": "AIDACKCEVSQ6C2EXAMPLE",
    }
}


class Stage:
    """The queue of journeys, and the function in front of it."""

    def __init__(self, context: LambdaContext, queue: str) -> None:
        self._context = context
        self._queue = queue

    def post(self, body: str, authorizer: dict[str, Any] | None = SIGNED) -> Response:
        context: dict[str, Any] = {"http": {"method": "POST", "path": "/events"}, "requestId": "r1"}
        if authorizer is not None:
            context["authorizer"] = authorizer
        event = {
            "version": "2.0",
            "routeKey": "POST /events",
            "rawPath": "/events",
            "headers": {"content-type": "application/json"},
            "requestContext": context,
            "body": body,
            "isBase64Encoded": False,
        }
        return lambda_handler(event, self._context)

    def queued(self) -> list[str]:
        found = boto3.client("sqs").receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [each["Body"] for each in found.get("Messages", [])]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: LambdaContext) -> Iterator[Stage]:
    (tmp_path / DECLARED_EVENTS).write_text(declared_text(read_events(wiring.BUNDLE / "config")), "utf-8")
    with mock_aws():
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="postroad-test-journeys")["QueueUrl"]
        for name, value in IntakeSettings(stage="test", queue_url=queue).to_environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "BUNDLE", tmp_path)
        monkeypatch.setattr(wiring, "sqs_requests", lambda: sqs)
        monkeypatch.setattr(wiring.clock, "now", FixedClock(NOON).now)
        wiring.intake.cache_clear()
        yield Stage(context, queue)
        wiring.intake.cache_clear()


def test_a_signed_event_comes_to_the_queue(stage: Stage) -> None:
    answer = stage.post(json.dumps(EVENT))

    assert (answer["statusCode"], json.loads(answer["body"])) == (202, {"event_id": "e1"})
    assert [parse_event(each).event_id for each in stage.queued()] == ["e1"]


@pytest.mark.parametrize("authorizer", [None, {}, {"iam": {}}, {"jwt": {"claims": {}}}])
def test_what_is_not_signed_is_not_even_read(stage: Stage, authorizer: dict[str, Any] | None) -> None:
    assert stage.post("{", authorizer)["statusCode"] == 403
    assert stage.post(json.dumps(EVENT), authorizer)["statusCode"] == 403
    assert stage.queued() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", {"reason": "not_json", "field": "body"}),
        (json.dumps({**EVENT, "name": "order.place"}), {"reason": "unknown_event", "field": "name"}),
        (json.dumps({**EVENT, "contact": {"email": "a"}}), {"reason": "address", "field": "contact.email"}),
    ],
)
def test_a_wrong_event_is_answered_with_what_to_mend(stage: Stage, body: str, said: dict[str, str]) -> None:
    answer = stage.post(body)

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]).items() >= said.items()
    assert stage.queued() == []


def test_a_queue_that_is_gone_is_no_acceptance_and_nothing_of_the_event_is_logged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StringIO()
    monkeypatch.setattr(wiring.logger.handlers[0], "stream", log)
    boto3.client("sqs").delete_queue(QueueUrl=IntakeSettings.from_env().queue_url)

    assert stage.post(json.dumps(EVENT))["statusCode"] == 503
    assert stage.post(json.dumps({**EVENT, "contact": {"email": "ana@"}}))["statusCode"] == 400

    assert "@" not in log.getvalue()
    assert "NotQueuedError" in log.getvalue()
