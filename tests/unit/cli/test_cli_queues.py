from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from postroad.cli.sqs import peek, read_oldest_age
from tests.unit.cli.deployed import NOON

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed

BODY = json.dumps(
    {
        "schema": "postroad.message.v1",
        "message_id": "order-1042",
        "stream": "transactional",
        "template": "no_such",
        "to": {"email": "ana.ruiz@example.com"},
    }
)


def refuse(deployed: Deployed, body: str = BODY, **attributes: str) -> None:
    deployed.sqs.send_message(
        QueueUrl=deployed.queue_urls["TransactionalDeadLetterQueueUrl"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def of(found: dict[str, Any], name: str) -> dict[str, Any]:
    queues: list[dict[str, Any]] = found["queues"]
    return next(queue for queue in queues if queue["name"].endswith(name))


def test_each_queue_is_shown_the_streams_first(deployed: Deployed) -> None:
    deployed.sqs.send_message(QueueUrl=deployed.queue_urls["TransactionalQueueUrl"], MessageBody=BODY)
    found = deployed.json("queues")
    assert [queue["name"].removeprefix("postroad-test-") for queue in found["queues"]] == [
        "order-updates",
        "transactional",
        "feedback",
        "journeys",
        "outcomes-dead-letters",
    ]
    assert of(found, "transactional")["depth"] == {"waiting": 1, "in_flight": 0, "delayed": 0}
    assert of(found, "outcomes-dead-letters")["depth"] is None
    lines = [line.split() for line in deployed.run("queues").stdout.splitlines()]
    assert ["postroad-test-transactional", "1", "0", "–", "0"] in lines


def test_a_dead_letter_tells_its_reason_and_nothing_of_its_body(deployed: Deployed) -> None:
    refuse(deployed, reason="unknown_template", field="template", detail="no template has this name")
    found = of(deployed.json("queues"), "transactional")
    assert found["dead"] == 1
    (letter,) = found["dead_letters"]
    assert letter["message_id"] == "order-1042"
    assert (letter["reason"], letter["field"]) == ("unknown_template", "template")
    text = deployed.run("queues").stdout
    assert "unknown_template" in text
    assert "template: no template has this name" in text
    assert "ana.ruiz" not in text


def test_looking_takes_nothing_out(deployed: Deployed) -> None:
    for number in range(25):
        refuse(deployed, body=f"not json {number}", reason="not_json")
    for _ in range(2):
        found = of(deployed.json("queues", "--dead-letters", "100"), "transactional")
        assert len(found["dead_letters"]) == found["dead"] == 25
    url = deployed.queue_urls["TransactionalDeadLetterQueueUrl"]
    answer = deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert len(answer["Messages"]) == 10  # visible again at once


def test_no_more_is_read_than_asked_for(deployed: Deployed) -> None:
    for number in range(12):
        refuse(deployed, body=f"not json {number}", reason="not_json")
    found = of(deployed.json("queues", "--dead-letters", "11"), "transactional")
    assert (len(found["dead_letters"]), found["dead"]) == (11, 12)
    assert of(deployed.json("queues", "--dead-letters", "0"), "transactional")["dead_letters"] == []


def test_what_was_hidden_is_shown_again_when_reading_fails(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(deployed, reason="not_json")
    url = deployed.queue_urls["TransactionalDeadLetterQueueUrl"]

    def fail(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("postroad.cli.sqs.read_dead_letter", fail)
    with pytest.raises(KeyboardInterrupt):
        peek(deployed.sqs, url, limit=10)
    assert len(deployed.sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_one_stream_alone(deployed: Deployed) -> None:
    found = deployed.json("queues", "--stream", "order-updates")
    assert [queue["name"] for queue in found["queues"]] == ["postroad-test-order-updates"]
    assert deployed.run("queues", "--stream", "weekly").exit_code == 3


def test_the_oldest_age_is_what_cloudwatch_knows_last(deployed: Deployed) -> None:
    cloudwatch = deployed.session.client("cloudwatch")
    assert read_oldest_age(cloudwatch, "q", now=NOON) is None
    now = datetime.now(UTC)
    for minutes, seconds in ((5, 900.0), (2, 30.0)):
        cloudwatch.put_metric_data(
            Namespace="AWS/SQS",
            MetricData=[
                {
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": "q"}],
                    "Timestamp": now - timedelta(minutes=minutes),
                    "Value": seconds,
                }
            ],
        )
    assert read_oldest_age(cloudwatch, "q", now=now) == timedelta(seconds=30)
