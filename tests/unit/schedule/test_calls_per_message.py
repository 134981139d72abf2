"""Handing out costs no more requests a message when very many are due."""

from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from postroad.bodies.dynamodb import DynamoBodies
from postroad.ledger.memory import MemoryLedger
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.sqs import SqsStreamQueue
from postroad.schedule.sweeping import Sweeping
from tests.crash_world import Call
from tests.dispatch_world import NOW, STREAM, DispatchWorld, always, minutes, point
from tests.tables import create_table


def calls_over_fakes(messages: int) -> Counter[str]:
    world = DispatchWorld()
    for number in range(messages):
        world.wait(point(f"m-{number}", due=NOW - minutes(1) + timedelta(milliseconds=number)))
    calls: Counter[str] = Counter()

    def count(name: str, call: Call) -> object:
        calls[name] += 1
        return call()

    assert world.run(gate=count, rate=10**6).handed.taken == messages
    return calls


def test_a_message_costs_no_more_calls_among_many() -> None:
    few, many = calls_over_fakes(500), calls_over_fakes(5000)
    assert many.total() / 5000 <= few.total() / 500
    assert many["queue.send"] == 500
    assert many["schedule.due"] <= 11


@pytest.mark.slow
def test_a_message_costs_no_more_requests_of_aws_among_many() -> None:
    few, many = requests_of_aws(50), requests_of_aws(200)
    assert sum(many.values()) / 200 <= sum(few.values()) / 50
    assert many["SendMessageBatch"] == 20
    assert many["BatchGetItem"] == 10
    assert many["BatchWriteItem"] == 10
    assert many["Query"] <= 1 + 2 * 16, "sixteen shards, and those again that hold more than most"


def requests_of_aws(messages: int) -> Counter[str]:
    """Count them for so many messages that are due at once, under moto."""
    with mock_aws():
        dynamodb, s3, sqs = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs")
        for table in ("Schedule", "Bodies"):
            create_table(dynamodb, table)
        s3.create_bucket(Bucket="bucket")
        queue = SqsStreamQueue(sqs, sqs.create_queue(QueueName="queue")["QueueUrl"])
        schedule = DynamoSchedule(dynamodb, "Schedule")
        bodies = DynamoBodies(dynamodb, "Bodies", s3=s3, bucket="bucket")
        for number in range(messages):
            pointer = point(f"m-{number}", due=NOW - minutes(1))
            bodies.put(
                pointer.message_id, pointer.fingerprint, "{}", first_sent=NOW, until=NOW + timedelta(days=1)
            )
            schedule.put(pointer)
        counted: Counter[str] = Counter()

        def note(model: Any, **_event: object) -> None:  # noqa: ANN401  botocore has no types of its own
            counted[model.name] += 1

        for client in (dynamodb, s3, sqs):
            client.meta.events.register("before-call", note)
        errors: list[BaseException] = []
        handing_out = HandingOut(
            schedule=schedule, bodies=bodies, ledger=MemoryLedger(), queue=queue, on_error=errors.append
        )
        dispatch = Sweeping(
            schedule=schedule, queues={STREAM: queue}, handing_out={STREAM: handing_out}, threads=1
        )
        look = dispatch.look(STREAM, now=NOW)
        sweep = dispatch.run(look, now=NOW, rate=10**6, may_go_on=always)
        assert (sweep.handed.taken, errors) == (messages, [])
        return counted
