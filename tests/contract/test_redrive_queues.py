"""The queues of a redrive, over the fakes and over SQS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from postroad.bodies.memory import MemoryBodies
from postroad.contract.words import RECEIVES_EXHAUSTED, Reason
from postroad.records import FIRST_SENT, Record, decode_records
from postroad.redriving.candidate import Letter
from postroad.redriving.errors import QueueUnavailableError
from postroad.redriving.memory import MemoryDeadLetterBox, MemoryStreamQueue
from postroad.redriving.ports import DeadLetterBox, StreamQueue
from postroad.redriving.sqs import SqsDeadLetterBox, SqsStreamQueue
from postroad.sending.mail import Refusal
from postroad.sending.sqs import SqsDeadLetters

FIRST = datetime(2026, 11, 1, 14, 0, 0, 123000, tzinfo=UTC)


@dataclass
class Dead:
    box: DeadLetterBox
    add: Callable[[str], object]


@pytest.fixture(params=["memory", "sqs"])
def dead(request: pytest.FixtureRequest) -> Iterator[Dead]:
    if request.param == "memory":
        box = MemoryDeadLetterBox()

        def add(body: str) -> None:
            number = str(len(box.letters))
            box.letters[number] = Letter(number, number, body, "schema", "", "", FIRST)

        yield Dead(box, add)
        return
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="dead")["QueueUrl"]
        yield Dead(
            SqsDeadLetterBox(client, url, wait_seconds=0),
            lambda body: client.send_message(QueueUrl=url, MessageBody=body),
        )


def taken(box: DeadLetterBox) -> list[Letter]:
    return [letter for page in box.take() for letter in page]


def test_every_letter_is_taken_once_and_by_one_alone(dead: Dead) -> None:
    for number in range(25):
        dead.add(f"body {number}")
    found = taken(dead.box)
    assert sorted(letter.body for letter in found) == sorted(f"body {number}" for number in range(25))
    assert taken(dead.box) == []


def test_a_letter_that_is_shown_again_can_be_taken_again(dead: Dead) -> None:
    for number in range(12):
        dead.add(f"body {number}")
    dead.box.show_again(taken(dead.box))
    assert len(taken(dead.box)) == 12


def test_a_letter_that_is_removed_is_gone_and_removing_it_again_is_no_error(dead: Dead) -> None:
    dead.add("one")
    dead.add("two")
    found = taken(dead.box)
    gone = [letter for letter in found if letter.body == "one"]
    dead.box.remove(gone)
    dead.box.remove(gone)
    dead.box.show_again(found)
    assert [letter.body for letter in taken(dead.box)] == ["two"]


def test_nothing_is_taken_from_an_empty_box(dead: Dead) -> None:
    assert taken(dead.box) == []
    dead.box.remove([])
    dead.box.show_again([])


@pytest.mark.parametrize("first_sent", [None, FIRST])
def test_a_body_is_put_to_the_letter_with_the_time_that_it_carries(first_sent: datetime | None) -> None:
    memory = MemoryStreamQueue()
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="stream")["QueueUrl"]
        queues: list[StreamQueue] = [memory, SqsStreamQueue(client, url)]
        for queue in queues:
            queue.put('{"name": "王 Ana\\n"}', first_sent=first_sent)
        (message,) = client.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )["Messages"]
    assert memory.bodies == [('{"name": "王 Ana\\n"}', first_sent)]
    assert message["Body"] == '{"name": "王 Ana\\n"}'
    # As Lambda hands it to `send`, which reads the time from it.
    attributes = {
        name: {"stringValue": value["StringValue"]}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    (record,) = decode_records(
        {
            "Records": [
                {
                    "messageId": "1",
                    "receiptHandle": "r",
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": attributes,
                }
            ]
        }
    )
    assert (record.first_sent == FIRST) == (first_sent is not None)


@mock_aws
def test_a_letter_tells_what_send_wrote_on_it() -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="dead")["QueueUrl"]
    letters = SqsDeadLetters(
        client, url, bodies=MemoryBodies(), body_retention=timedelta(days=1), now=lambda: FIRST
    )
    for body in ("no JSON", "x" * 1024 * 1024):
        record = Record("sqs-1", "receipt", body, FIRST, 1)
        letters.copy(Refusal(record, Reason.NOT_JSON, "body", "is not JSON"))
    found = {letter.body: letter for letter in taken(SqsDeadLetterBox(client, url, wait_seconds=0))}
    assert set(found) == {"no JSON", "{}"}
    letter = found["no JSON"]
    assert (letter.reason, letter.field, letter.detail) == ("not_json", "body", "is not JSON")
    assert (letter.first_sent, letter.kept_under) == (FIRST, "")
    assert found["{}"].kept_under == "!sqs-1"


def test_what_sqs_gave_up_is_told_apart_and_its_producer_s_attributes_are_not_believed() -> None:
    client = boto3.client("sqs")
    given = {"reason": "schema", "kept_under": "!another", FIRST_SENT: "1000"}
    message = {
        "MessageId": "1",
        "ReceiptHandle": "r",
        "Body": "{}",
        "Attributes": {
            "SentTimestamp": "2000",
            "DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:123456789012:q",
        },
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in given.items()
        },
    }
    with Stubber(client) as stub:
        stub.add_response("receive_message", {"Messages": [message]})
        stub.add_response("receive_message", {})
        (letter,) = taken(SqsDeadLetterBox(client, "https://sqs.example.com/dead"))
    assert (letter.reason, letter.kept_under) == (RECEIVES_EXHAUSTED, "")
    assert letter.first_sent == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("repeated", [1, 9, 50])
def test_a_letter_that_comes_again_hides_none_behind_it_and_ends(repeated: int) -> None:
    client = boto3.client("sqs")

    def answer(name: str) -> dict[str, object]:
        letter = {"MessageId": name, "ReceiptHandle": name, "Body": "x", "Attributes": {"SentTimestamp": "1"}}
        return {"Messages": [letter]}

    with Stubber(client) as stub:
        for name in ("a", *("a" for _ in range(repeated)), "b"):
            stub.add_response("receive_message", answer(name))
        stub.add_response("receive_message", {})
        found = taken(SqsDeadLetterBox(client, "https://sqs.example.com/dead"))
    assert [letter.sqs_id for letter in found] == (["a", "b"] if repeated < 10 else ["a"])


@mock_aws
def test_a_queue_that_can_t_be_asked_is_told_as_such() -> None:
    client = boto3.client("sqs")
    nowhere = "https://sqs.eu-west-1.amazonaws.com/123456789012/nowhere"
    letter = Letter("1", "1", "", "", "", "", FIRST)
    box, queue = SqsDeadLetterBox(client, nowhere), SqsStreamQueue(client, nowhere)
    for ask in (
        lambda: list(box.take()),
        lambda: box.remove([letter]),
        lambda: queue.put("x", first_sent=None),
    ):
        with pytest.raises(QueueUnavailableError, match="NonExistentQueue"):
            ask()
    box.show_again([letter])  # they come back by themselves
