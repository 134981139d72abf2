"""Events on their way: in order, gathered, retried, counted; over moto's SNS, SQS, Firehose and S3."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from postroad.clock import SystemClock
from postroad.contract.words import Status
from postroad.local.simulator import background
from postroad.local.simulator.background import TRIES, Carrier, Publisher
from postroad.local.simulator.deployed import EventPath
from postroad.local.simulator.firehose import LARGEST_RECORD, FirehoseCarrier, FirehoseClient
from postroad.local.simulator.mail import EventType, SesEvent
from postroad.local.simulator.publishing import ByPath
from postroad.local.simulator.sns import SnsCarrier

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
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
        self.publisher = Publisher(SnsCarrier(self.sns), SystemClock(), name="events")

    def events(
        self, count: int, *, due: datetime | None = None, size: int = 0, to: Sequence[str] = ()
    ) -> list[SesEvent]:
        at = datetime.now(UTC)
        return [
            SesEvent(
                EventType.DELIVERY,
                at,
                "ana@example.com",
                "",
                json.dumps({"n": number, "padding": "x" * size}),
                tuple(to) or (self.topic,),
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
    monkeypatch.setattr(background, "FIRST_WAIT", timedelta(milliseconds=1))

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
    failed = failing(TRIES - 1, error)
    submitted = cloud.publisher.submit(cloud.events(2))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 0
    assert len(failed) == TRIES - 1
    assert sorted(cloud.received()) == [0, 1]
    assert cloud.publisher.counts()["retried"] == 2 * (TRIES - 1)


def test_what_sns_never_takes_is_given_up_and_counted(
    cloud: Cloud, failing: Callable[[int, Exception], list[int]]
) -> None:
    failing(TRIES, EndpointConnectionError(endpoint_url="https://localhost"))
    submitted = cloud.publisher.submit(cloud.events(2))
    cloud.publisher.start()
    assert submitted.result(WAIT) == 2
    assert cloud.publisher.counts()["given_up"] == 2
    assert cloud.publisher.submit(cloud.events(1)).result(WAIT) == 0, "the thread lives on"


class BulkCloud(Cloud):
    """The same with a Firehose delivery stream and its bucket."""

    def __init__(self) -> None:
        super().__init__()
        self.s3: S3Client = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket="bulk")
        # Its stubs are not installed.
        client = boto3.client("firehose", region_name="us-east-1")
        self.stream: str = client.create_delivery_stream(
            DeliveryStreamName="events",
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::000000000000:role/firehose",
                "BucketARN": "arn:aws:s3:::bulk",
                "Prefix": "events/",
            },
        )["DeliveryStreamARN"]
        self.bulk = Publisher(FirehoseCarrier(cast("FirehoseClient", client)), SystemClock(), name="bulk")

    def objects(self) -> list[list[int]]:
        """The numbers of the events in each object, in the order of their keys."""
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket="bulk").get("Contents", [])]
        bodies = [self.s3.get_object(Bucket="bulk", Key=key)["Body"].read() for key in keys]
        return [[json.loads(line)["n"] for line in body.decode().splitlines()] for body in bodies]


@pytest.fixture
def bulk_cloud() -> Iterator[BulkCloud]:
    with mock_aws():
        made = BulkCloud()
        yield made
        made.bulk.stop()
        made.publisher.stop()


def test_the_events_of_a_moment_are_lines_of_one_object(bulk_cloud: BulkCloud) -> None:
    submitted = [bulk_cloud.bulk.submit([event]) for event in bulk_cloud.events(30, to=[bulk_cloud.stream])]
    bulk_cloud.bulk.start()
    assert [each.result(WAIT) for each in submitted] == [0] * 30
    assert bulk_cloud.objects() == [[*range(30)]]
    assert bulk_cloud.bulk.counts() == {"published": 30, "waiting": 0, "retried": 0, "given_up": 0}


def test_a_record_keeps_within_what_firehose_takes(bulk_cloud: BulkCloud) -> None:
    large = bulk_cloud.events(5, size=LARGEST_RECORD // 2 - 100, to=[bulk_cloud.stream])
    submitted = bulk_cloud.bulk.submit(large)
    bulk_cloud.bulk.start()
    assert submitted.result(WAIT) == 0
    assert sorted(bulk_cloud.objects()) == [[0, 1], [2, 3], [4]]


class Noted:
    """A carrier that notes what it is handed, and at which time."""

    most = 10
    most_bytes = 1_000_000
    overhead = 0
    gather = timedelta(seconds=30)
    quiet = timedelta(seconds=30)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def carry(self, destination: str, messages: Sequence[str]) -> Sequence[int]:
        del destination
        self.batches.append(len(messages))
        return ()


def test_a_full_batch_waits_for_no_company(cloud: Cloud) -> None:
    carrier: Carrier = (noted := Noted())
    publisher = Publisher(carrier, SystemClock(), name="noted")
    full = publisher.submit(cloud.events(10))
    alone = publisher.submit(cloud.events(1, to=["arn:aws:firehose:::deliverystream/other"]))
    publisher.start()
    try:
        assert full.result(WAIT) == 0
        assert (noted.batches, alone.done()) == ([10], False)
        assert publisher.counts()["waiting"] == 1
    finally:
        publisher.stop()


def test_company_is_waited_for_only_while_it_comes(cloud: Cloud) -> None:
    noted = Noted()
    noted.quiet = timedelta(milliseconds=300)
    publisher = Publisher(noted, SystemClock(), name="noted")
    publisher.start()
    try:
        first = publisher.submit(cloud.events(1))
        second = publisher.submit(cloud.events(1))
        assert (first.result(WAIT), second.result(WAIT)) == (0, 0)
        assert noted.batches == [2]
        noted.gather = timedelta()
        assert publisher.submit(cloud.events(1)).result(WAIT) == 0, "no longer than it may take"
    finally:
        publisher.stop()


def test_each_path_carries_what_was_asked_of_it(bulk_cloud: BulkCloud) -> None:
    publisher = ByPath({EventPath.FAST: bulk_cloud.publisher, EventPath.BULK: bulk_cloud.bulk})
    both, fast, bulk = (
        bulk_cloud.events(3, to=to)[place : place + 1]
        for place, to in enumerate(
            [(bulk_cloud.topic, bulk_cloud.stream), (bulk_cloud.topic,), (bulk_cloud.stream,)]
        )
    )
    submitted = publisher.submit([*both, *fast, *bulk])
    nothing = publisher.submit([])
    assert publisher.counts()["waiting"] == 4
    bulk_cloud.publisher.start()
    bulk_cloud.bulk.start()
    assert (submitted.result(WAIT), nothing.result(WAIT)) == (0, 0)
    assert sorted(bulk_cloud.received()) == [0, 1]
    assert bulk_cloud.objects() == [[0, 2]]
    assert publisher.counts() == {"published": 4, "waiting": 0, "retried": 0, "given_up": 0}
