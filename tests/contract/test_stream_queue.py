"""A stream's queue as dispatch fills it, over the fake and over SQS."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from postroad.batches import split
from postroad.contract.message import MAX_BODY_BYTES
from postroad.records import FIRST_SENT, GENERATION
from postroad.schedule.copies import Copy, make_copy
from postroad.schedule.errors import QueueUnavailableError
from postroad.schedule.memory import MemoryQueue
from postroad.schedule.ports import NotTaken, StreamQueue
from postroad.schedule.sqs import SqsStreamQueue
from tests.dispatch_world import NOW, minutes, point


@pytest.fixture(params=["memory", "sqs"])
def queue(request: pytest.FixtureRequest) -> Iterator[StreamQueue]:
    if request.param == "memory":
        yield MemoryQueue()
        return
    with mock_aws():
        client = boto3.client("sqs")
        yield SqsStreamQueue(client, client.create_queue(QueueName="queue")["QueueUrl"])


def copy_of(message_id: str, body: str = "{}", **changes: Any) -> Copy:  # noqa: ANN401  any part of a pointer
    return make_copy(point(message_id, **changes), body, first_sent=NOW - minutes(60), now=NOW)


def test_what_was_sent_is_there_hidden_or_not(queue: StreamQueue) -> None:
    assert queue.depth() == 0
    copies = [copy_of(f"m-{number}", due=NOW + timedelta(seconds=60 * number)) for number in range(10)]
    assert queue.send(copies) == {}
    assert queue.depth() == 10


def test_a_full_batch_of_the_largest_size_is_taken(queue: StreamQueue) -> None:
    first = copy_of("m-0", "x" * 500_000)
    room = MAX_BODY_BYTES - first.size - copy_of("m-1", "").size
    batches = list(split([first, copy_of("m-1", "x" * room), copy_of("m-2", "x")]))
    assert [len(batch) for batch in batches] == [2, 1]
    for batch in batches:
        assert queue.send(batch) == {}
    assert queue.depth() == 3


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sqs")
        client.create_queue(QueueName="queue")
        yield client


def test_a_copy_carries_its_time_and_its_generation(client: Any) -> None:  # noqa: ANN401  boto3's client
    url = client.get_queue_url(QueueName="queue")["QueueUrl"]
    SqsStreamQueue(client, url).send([copy_of("m-1", '{"name": "王"}', generation=7)])
    (received,) = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert received["Body"] == '{"name": "王"}'
    carried = {name: value["StringValue"] for name, value in received["MessageAttributes"].items()}
    first_sent = int((NOW - minutes(60)).timestamp() * 1000)
    assert carried == {FIRST_SENT: str(first_sent), GENERATION: "7"}


def test_those_that_sqs_did_not_take_are_told_by_their_place(
    client: Any,  # noqa: ANN401  boto3's client
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries: list[dict[str, Any]] = []

    def send(*, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  boto3's names
        assert QueueUrl == "url"
        entries.extend(Entries)
        return {
            "Successful": [],
            "Failed": [
                {"Id": "1", "SenderFault": True, "Code": "KmsThrottled"},
                {"Id": "2", "SenderFault": True, "Code": "InvalidMessageContents"},
            ],
        }

    monkeypatch.setattr(client, "send_message_batch", send)
    copies = [copy_of("m-0"), copy_of("m-1"), copy_of("m-2", due=NOW + timedelta(seconds=30))]
    assert SqsStreamQueue(client, "url").send(copies) == {
        1: NotTaken("KmsThrottled", forever=False),
        2: NotTaken("InvalidMessageContents", forever=True),
    }
    assert [entry["DelaySeconds"] for entry in entries] == [0, 0, 30]


def test_a_queue_that_can_not_be_asked_is_told_as_such(client: Any) -> None:  # noqa: ANN401  boto3's client
    missing = SqsStreamQueue(client, "https://sqs.us-east-1.amazonaws.com/123456789012/missing")
    with pytest.raises(QueueUnavailableError) as raised:
        missing.depth()
    assert isinstance(raised.value.__cause__, ClientError)
    with pytest.raises(QueueUnavailableError):
        missing.send([copy_of("m-1")])
