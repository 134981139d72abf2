"""What an application gets from the client."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from postroad.batches import split
from postroad.client import InvalidMessage, NotEnqueued, Outbox, Receipt
from postroad.contract.ids import make_message_id
from postroad.contract.message import MAX_BODY_BYTES
from postroad.contract.parser import parse_message
from postroad.contract.words import Reason
from postroad.enqueueing.entry import Entry
from postroad.enqueueing.sqs import ATTEMPTS
from tests.unit.client.fake_queue import refuse, success

if TYPE_CHECKING:
    from tests.unit.client.fake_queue import Answer, Entries, Queue, Reply

Mail = dict[str, Any]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def many(mail: Mail, number: int) -> list[Mail]:
    return [{**mail, "message_id": f"order-{index}"} for index in range(number)]


def test_one_message_is_enqueued_and_what_is_missing_filled_in(
    outbox: Outbox, queue: Queue, mail: Mail
) -> None:
    receipt = outbox.enqueue(mail)

    (body,) = queue.bodies
    assert body == {
        "schema": "postroad.message.v1",
        "stream": "transactional",
        "message_id": receipt.message_id,
        "created_at": "2026-11-22T12:00:00+00:00",
        **mail,
    }
    assert receipt.sqs_message_id == "sqs-0"
    assert UUID(receipt.message_id).version == 7


def test_what_the_caller_gives_stands(outbox: Outbox, queue: Queue, mail: Mail) -> None:
    given = {**mail, "message_id": "order-1042", "created_at": NOON - timedelta(hours=1)}

    assert outbox.enqueue(given) == Receipt("order-1042", "sqs-0")

    assert queue.bodies[0]["created_at"] == "2026-11-22T11:00:00+00:00"


def test_null_ids_and_times_are_filled_in_as_well(outbox: Outbox, queue: Queue, mail: Mail) -> None:
    outbox.enqueue({**mail, "message_id": None, "created_at": None})
    assert queue.bodies[0]["message_id"]
    assert queue.bodies[0]["created_at"]


def test_values_of_python_get_their_json_form(outbox: Outbox, queue: Queue, mail: Mail) -> None:
    data = {
        "total": Decimal("12.50"),
        "on": NOON.date(),
        "at": NOON,
        "id": UUID(int=7),
        "name": "Zoë 语 \ufffe\uffff",
        "lines": ({"quantity": 1},),
    }
    outbox.enqueue({**mail, "data": data})
    assert queue.bodies[0]["data"] == {
        "total": "12.50",
        "on": "2026-11-22",
        "at": "2026-11-22T12:00:00+00:00",
        "id": "00000000-0000-0000-0000-000000000007",
        "name": "Zoë 语 \ufffe\uffff",
        "lines": [{"quantity": 1}],
    }
    # SQS refuses these two characters as they are.
    assert not set(queue.requests[0][0]["MessageBody"]) & {"\ufffe", "\uffff"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"template": None}, (Reason.SCHEMA, "template")),
        ({"to": {"email": "josé@example.com"}}, (Reason.ADDRESS, "not ASCII")),
        ({"message_id": "order 1042"}, (Reason.SCHEMA, "message_id")),
        ({"stream": "marketing"}, (Reason.UNKNOWN_STREAM, 'this outbox is for the stream "transactional"')),
        ({"data": {"x": float("nan")}}, (Reason.NOT_JSON, "NaN")),
        ({"data": {"x": object()}}, (Reason.NOT_JSON, "without a JSON form .object.")),
        ({"data": {"x": "\ud800"}}, (Reason.NOT_JSON, "UTF-8")),
        ({"data": {"x": "x" * 1024 * 1024}}, (Reason.TOO_LARGE, "1 MiB")),
        ({"send_at": datetime(2026, 11, 22, 12)}, (Reason.SCHEMA, "send_at")),  # noqa: DTZ001 - what is refused
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    outbox: Outbox, queue: Queue, mail: Mail, change: Mail, expected: tuple[Reason, str]
) -> None:
    reason, says = expected
    with pytest.raises(InvalidMessage, match=says) as caught:
        outbox.enqueue({**mail, **change})
    assert caught.value.reason is reason
    assert queue.requests == []


def test_an_object_that_holds_itself_is_refused(outbox: Outbox, mail: Mail) -> None:
    mail["data"]["itself"] = mail["data"]
    with pytest.raises(InvalidMessage, match="holds itself"):
        outbox.enqueue(mail)


def test_thousands_go_ten_at_a_time_and_come_back_in_order(outbox: Outbox, queue: Queue, mail: Mail) -> None:
    receipts = outbox.enqueue_many(one for one in many(mail, 1_003))

    assert [receipt.message_id for receipt in receipts] == [f"order-{index}" for index in range(1_003)]
    assert [receipt.sqs_message_id for receipt in receipts] == [f"sqs-{index}" for index in range(1_003)]
    assert [len(request) for request in queue.requests] == [10] * 100 + [3]


def test_none_is_none(outbox: Outbox, queue: Queue) -> None:
    assert outbox.enqueue_many([]) == []
    assert queue.requests == []


def test_ids_that_were_made_are_all_different(outbox: Outbox, mail: Mail) -> None:
    receipts = outbox.enqueue_many([mail] * 100)
    assert len({receipt.message_id for receipt in receipts}) == 100


def test_a_batch_stays_within_sqs_limit(outbox: Outbox, queue: Queue, mail: Mail) -> None:
    large = [{**one, "data": {"x": "é" * 250_000}} for one in many(mail, 5)]
    outbox.enqueue_many([*large, *many(mail, 2)[:0], {**mail, "message_id": "small"}])
    # The fake queue holds every request to 1 MiB; two such bodies fit, and the small one beside the last.
    assert [len(request) for request in queue.requests] == [2, 2, 2]


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([MAX_BODY_BYTES - 400, 400, 1], [2, 1]),
        ([MAX_BODY_BYTES - 400, 401], [1, 1]),
        ([MAX_BODY_BYTES, MAX_BODY_BYTES], [1, 1]),
        ([1] * 21, [10, 10, 1]),
    ],
)
def test_a_batch_is_filled_to_the_last_byte(sizes: list[int], batches: list[int]) -> None:
    entries = [Entry(index, f"order-{index}", "", size, "") for index, size in enumerate(sizes)]
    made = list(split(entries))
    assert [len(batch) for batch in made] == batches
    assert [entry for batch in made for entry in batch] == entries


def test_one_invalid_message_stops_the_whole_call_and_all_are_listed(
    outbox: Outbox, queue: Queue, mail: Mail
) -> None:
    messages = many(mail, 4)
    messages[2] = {**messages[2], "to": {"email": "nobody"}}
    messages[3] = {**messages[3], "message_id": "not an id"}

    with pytest.raises(NotEnqueued) as caught:
        outbox.enqueue_many(messages)

    assert queue.requests == []
    assert caught.value.message_ids == ["order-2", "not an id", "order-0", "order-1"]
    assert [one.index for one in caught.value.not_sent] == [2, 3, 0, 1]
    assert "4 of 4 messages are not enqueued; the first is number 2 (order-2): to.email" in str(caught.value)


def test_two_bodies_under_one_id_are_refused_and_copies_are_not(outbox: Outbox, mail: Mail) -> None:
    twice = [{**mail, "message_id": "order-1042"}] * 2
    assert len(outbox.enqueue_many(twice)) == 2
    with pytest.raises(NotEnqueued, match="same id and another body"):
        outbox.enqueue_many([*twice, {**twice[0], "data": {}}])


def partly(*failing: tuple[str, str, bool]) -> Reply:
    def answer(entries: Entries) -> Answer:
        failed = {id_ for id_, _, _ in failing}
        return {
            **success([entry for entry in entries if entry["Id"] not in failed]),
            "Failed": [{"Id": id_, "Code": code, "SenderFault": fault} for id_, code, fault in failing],
        }

    return answer


def test_what_sqs_did_not_take_for_now_is_sent_again(
    outbox: Outbox, queue: Queue, pauses: list[float], mail: Mail
) -> None:
    queue.answers = [
        partly(("3", "InternalError", False), ("7", "ThrottlingException", False)),
        partly(("7", "InternalError", False)),
    ]

    receipts = outbox.enqueue_many(many(mail, 12))

    assert [receipt.message_id for receipt in receipts] == [f"order-{index}" for index in range(12)]
    assert [[entry["Id"] for entry in request] for request in queue.requests[1:3]] == [["3", "7"], ["7"]]
    assert len(pauses) == 2
    assert 0.2 <= pauses[0] <= 0.4 <= pauses[1] <= 0.8


def test_what_sqs_never_takes_is_listed_and_the_rest_sent(
    outbox: Outbox, queue: Queue, pauses: list[float], mail: Mail
) -> None:
    queue.answers = [partly(("3", "InvalidMessageContents", True))]

    with pytest.raises(NotEnqueued) as caught:
        outbox.enqueue_many(many(mail, 12))

    assert caught.value.message_ids == ["order-3"]
    assert caught.value.not_sent[0].why == "SQS refused it: InvalidMessageContents"
    assert len(caught.value.receipts) == 11
    assert pauses == []


def lose_the_answer(_entries: Entries) -> Answer:
    raise EndpointConnectionError(endpoint_url="https://sqs.example")


def find_no_credentials(_entries: Entries) -> Answer:
    raise NoCredentialsError


@pytest.mark.parametrize(
    "trouble",
    [
        refuse("InternalError", 500),
        refuse("ServiceUnavailable", 503),
        refuse("ThrottlingException", 400),
        refuse("RequestThrottled", 403),
        lose_the_answer,
    ],
)
def test_trouble_that_passes_is_waited_for(
    outbox: Outbox,
    queue: Queue,
    pauses: list[float],
    mail: Mail,
    trouble: Reply,
) -> None:
    queue.answers = [trouble] * (ATTEMPTS - 1)
    assert len(outbox.enqueue_many(many(mail, 2))) == 2
    assert len(pauses) == ATTEMPTS - 1
    assert max(pauses) <= 5.0


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (refuse("AccessDenied", 403), (1, "SQS refused the request: AccessDenied")),
        (refuse("AWS.SimpleQueueService.NonExistentQueue", 400), (1, "NonExistentQueue")),
        (find_no_credentials, (1, "the request could not be made: NoCredentialsError")),
        (refuse("ServiceUnavailable", 503), (ATTEMPTS, "SQS refused the request: ServiceUnavailable")),
        (lose_the_answer, (ATTEMPTS, "SQS did not answer: EndpointConnectionError")),
    ],
)
def test_trouble_that_stays_ends_the_call_with_a_list(
    outbox: Outbox,
    queue: Queue,
    mail: Mail,
    trouble: Reply,
    expected: tuple[int, str],
) -> None:
    tries, says = expected
    queue.answers = [success, *[trouble] * ATTEMPTS]

    with pytest.raises(NotEnqueued, match=says) as caught:
        outbox.enqueue_many(many(mail, 25))

    assert len(queue.requests) == 1 + tries
    assert [receipt.message_id for receipt in caught.value.receipts] == [
        f"order-{index}" for index in range(10)
    ]
    assert caught.value.message_ids == [f"order-{index}" for index in range(10, 25)]


@mock_aws
def test_a_real_client_enqueues_what_the_parser_reads(mail: Mail) -> None:
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="postroad-prod-transactional")["QueueUrl"]
    ssm = boto3.client("ssm", region_name="us-east-1")
    ssm.put_parameter(Name="/postroad/prod/transactional/queue-url", Value=url, Type="String")

    receipt = Outbox.for_stage("prod", "transactional", ssm=ssm, client=sqs).enqueue(mail)

    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert parse_message(received["Body"]).message_id == receipt.message_id
    assert received["MessageId"] == receipt.sqs_message_id


@mock_aws
def test_without_clients_they_are_made_from_the_environment(mail: Mail) -> None:
    url = boto3.client("sqs").create_queue(QueueName="postroad-prod-transactional")["QueueUrl"]
    boto3.client("ssm").put_parameter(Name="/postroad/prod/transactional/queue-url", Value=url, Type="String")
    assert Outbox.for_stage("prod", "transactional").enqueue(mail).message_id


@mock_aws
def test_a_stage_that_is_not_deployed_is_named() -> None:
    with pytest.raises(LookupError, match="no SSM parameter /postroad/prod/marketing/queue-url"):
        Outbox.for_stage("prod", "marketing")


def test_ids_sort_by_time() -> None:
    times = [datetime(2026, 11, 22, 12, 0, 0, 1000 * step, tzinfo=UTC) for step in range(20)]
    ids = [make_message_id(time, bytes([255 - 12 * step]) * 10) for step, time in enumerate(times)]
    assert ids == sorted(ids)
    assert {(UUID(id_).version, UUID(id_).variant) for id_ in ids} == {(7, "specified in RFC 4122")}


def test_importing_the_client_imports_neither_boto3_nor_the_address_library() -> None:
    """Both cost tens to hundreds of milliseconds, and an application pays for every import."""
    code = "import sys, postroad.client; print(*sorted(sys.modules))"
    modules = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "postroad.contract.parser" in modules
    assert not {"boto3", "botocore", "email_validator", "idna", "pydantic"} & set(modules)
