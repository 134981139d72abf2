"""Events on their way to SNS: in order, retried, counted; over moto's SNS and SQS."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from postroad.clock import SystemClock
from postroad.contract.words import Status
from postroad.local.simulator import sns
from postroad.local.simulator.mail import EventType, SesEvent
from postroad.local.simulator.sns import Publisher

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

WAIT = 20  # seconds; far more than is needed


class Cloud:
    """One SNS topic with one SQS queue behind it."""

    def __init__(self) -> None:
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        self.sns: SNSClient = session.client("sns")
        self.sqs: SQSClient = session.client("sqs")
        self.topic = self.sns.create_topic(Name="feedback")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="feedback")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
        self.publisher = Publisher(self.sns, SystemClock())

    def events(self, count: int, *, due: datetime | None = None, size: int = 0) -> list[SesEvent]:
        at = datetime.now(UTC)
        return [
            SesEvent(
                EventType.DELIVERY,
                at,
                "ana@example.com",
                "",
                json.dumps({"n": number, "padding": "x" * size}),
                (self.topic,),
                due or at,
                Status.DELIVERED,
            )
            for number in range(count)
        ]

    def received(self) -> list[int]:
        numbers: list[int] = []
        while True:
            messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
                "Messages", []
            )
            if not messages:
                return numbers
            for message in messages:
                body = json.loads(message["Body"])
                assert body["Subject"] == "Amazon SES Email Event Notification"
                numbers.append(json.loads(body["Message"])["n"])
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        made = Cloud()
        yield made
        made.publisher.stop()


def test_events_arrive_in_the_order_in_which_they_were_made(cloud: Cloud) -> None:
    submitted = cloud.publisher.submit(cloud.events(25))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 0
    assert sorted(cloud.received()) == list(range(25))
    assert cloud.publisher.counts() == {"published": 25, "waiting": 0, "retried": 0, "given_up": 0}


def test_an_event_waits_until_it_is_due(cloud: Cloud) -> None:
    now = datetime.now(UTC)
    far = cloud.publisher.submit(cloud.events(1, due=now + timedelta(days=1)))
    near = cloud.publisher.submit(cloud.events(1, due=now + timedelta(milliseconds=300)))
    cloud.publisher.start()
    assert near.result(WAIT) == 0
    assert datetime.now(UTC) >= now + timedelta(milliseconds=300)
    assert not far.done()
    assert cloud.publisher.counts()["waiting"] == 1


def test_events_without_a_topic_are_done_at_once(cloud: Cloud) -> None:
    assert cloud.publisher.submit([]).result(0) == 0


def test_a_batch_keeps_within_what_sns_takes(cloud: Cloud) -> None:
    submitted = cloud.publisher.submit(cloud.events(6, size=100 * 1024))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 0
    assert sorted(cloud.received()) == list(range(6))


@pytest.fixture
def failing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Exception], list[int]]:
    """Let the next calls of PublishBatch fail; the list grows by each failed call."""
    monkeypatch.setattr(sns, "FIRST_WAIT", timedelta(milliseconds=1))

    def fail(times: int, error: Exception) -> list[int]:
        failed: list[int] = []
        lock = threading.Lock()

        def before_call(**_: object) -> None:
            with lock:
                if len(failed) < times:
                    failed.append(1)
                    raise error

        cloud.sns.meta.events.register("before-call.sns.PublishBatch", before_call)
        return failed

    return fail


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://localhost"),
        ClientError({"Error": {"Code": "Throttled", "Message": "slow down"}}, "PublishBatch"),
    ],
    ids=["connection", "throttled"],
)
def test_what_sns_does_not_take_is_tried_again(
    cloud: Cloud, failing: Callable[[int, Exception], list[int]], error: Exception
) -> None:
    failed = failing(sns.TRIES - 1, error)
    submitted = cloud.publisher.submit(cloud.events(2))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 0
    assert len(failed) == sns.TRIES - 1
    assert sorted(cloud.received()) == [0, 1]
    assert cloud.publisher.counts()["retried"] == 2 * (sns.TRIES - 1)


def test_what_sns_never_takes_is_given_up_and_counted(
    cloud: Cloud, failing: Callable[[int, Exception], list[int]]
) -> None:
    failing(sns.TRIES, EndpointConnectionError(endpoint_url="https://localhost"))
    submitted = cloud.publisher.submit(cloud.events(2))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 2
    assert cloud.publisher.counts()["given_up"] == 2
    assert cloud.publisher.submit(cloud.events(1)).result(WAIT) == 0, "the thread lives on"
