"""What an application gets from the client to report events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from postroad.client import EventReceipt, Events, InvalidEvent, NotReported
from postroad.contract.event import parse_event
from postroad.enqueueing.sqs import ATTEMPTS
from postroad.names import journeys_queue_parameter
from tests.unit.client.fake_queue import QUEUE

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tests.unit.client.fake_queue import Answer, Entries, Queue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENT: dict[str, Any] = {"name": "order.placed", "contact": {"email": "ana.ruiz@example.com"}}


@pytest.fixture
def events(queue: Queue) -> Events:
    return Events(QUEUE, cast("SQSClient", queue), now=lambda: NOON, entropy=bytes, pause=lambda _: None)


def test_one_event_is_reported_and_what_is_missing_filled_in(events: Events, queue: Queue) -> None:
    receipt = events.report(EVENT)

    (body,) = queue.bodies
    assert body == {
        "schema": "postroad.event.v1",
        "event_id": receipt.event_id,
        "time": "2026-11-22T12:00:00Z",
        **EVENT,
    }
    assert receipt.sqs_message_id == "sqs-0"
    assert UUID(receipt.event_id).version == 7


def test_what_is_said_of_an_event_stands_and_decimals_are_numbers(events: Events, queue: Queue) -> None:
    properties = {
        "total": Decimal("12.50"),
        "items": Decimal(3),
        "on": NOON.date(),
        "much": 10**30,
        "odd": "\ufffe",
    }
    given = {**EVENT, "event_id": "e1", "time": NOON - timedelta(hours=1), "properties": properties}

    assert events.report(given) == EventReceipt("e1", "sqs-0")

    (body,) = queue.bodies
    assert body["time"] == "2026-11-22T11:00:00Z"
    assert body["properties"] == {
        "total": 12.5,
        "items": 3,
        "on": "2026-11-22",
        "much": 10**30,
        "odd": "\ufffe",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Order"}, "name"),
        ({"contact": {"email": "ana"}}, "contact.email"),
        ({"properties": {"a": object()}}, "body"),
        ({"properties": {"a": Decimal("NaN")}}, "body"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_invalid_event_is_refused_before_anything_is_sent(
    events: Events, queue: Queue, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        events.report({**EVENT, **change})

    assert caught.value.field == field
    assert queue.requests == []


def test_many_events_go_ten_a_request_and_come_back_in_their_order(events: Events, queue: Queue) -> None:
    receipts = events.report_many({**EVENT, "event_id": f"e{number}"} for number in range(25))

    assert [receipt.event_id for receipt in receipts] == [f"e{number}" for number in range(25)]
    assert [len(entries) for entries in queue.requests] == [10, 10, 5]


def test_one_invalid_event_keeps_all_back(events: Events, queue: Queue) -> None:
    with pytest.raises(
        NotReported, match=r"3 of 3 events are not reported; the first is number 1 \(e1\)"
    ) as caught:
        events.report_many([{**EVENT, "event_id": "e0"}, {**EVENT, "event_id": "e1", "name": ""}, EVENT])

    assert [missing.index for missing in caught.value.not_taken] == [1, 0, 2]
    assert queue.requests == []


def test_what_the_queue_does_not_take_is_told_beside_what_it_took(events: Events, queue: Queue) -> None:
    def answer(entries: Entries) -> Answer:
        refused = [
            {"Id": each["Id"], "Code": "Busy", "SenderFault": False} for each in entries if each["Id"] != "0"
        ]
        taken = [{"Id": each["Id"], "MessageId": "sqs-0"} for each in entries if each["Id"] == "0"]
        return {"Successful": taken, "Failed": refused}

    queue.answers = [answer] * ATTEMPTS

    with pytest.raises(NotReported) as caught:
        events.report_many([{**EVENT, "event_id": "e0"}, {**EVENT, "event_id": "e1"}])

    assert [receipt.event_id for receipt in caught.value.receipts] == ["e0"]
    assert [missing.event_id for missing in caught.value.not_taken] == ["e1"]


def test_a_stage_s_queue_for_events_is_found_by_its_parameter() -> None:
    with mock_aws():
        ssm, sqs = boto3.client("ssm", "eu-central-1"), boto3.client("sqs", "eu-central-1")
        queue_url = sqs.create_queue(QueueName="postroad-prod-journeys")["QueueUrl"]
        with pytest.raises(LookupError, match="/postroad/prod/journeys/queue-url"):
            Events.for_stage("prod", ssm=ssm, client=sqs)
        ssm.put_parameter(Name=journeys_queue_parameter("prod"), Value=queue_url, Type="String")

        Events.for_stage("prod", ssm=ssm, client=sqs).report(EVENT)

        (taken,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
        assert parse_event(taken["Body"]).name == "order.placed"
