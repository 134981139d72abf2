"""Whole events through the function `dispatch`."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from functions.dispatch.handler import lambda_handler
from postroad.account.ports import Quota
from postroad.account.ses import SesAccount
from postroad.bodies.dynamodb import DynamoBodies
from postroad.circuit.dynamodb import DynamoSwitches
from postroad.circuit.switch import Flow, Switch
from postroad.dispatching import wiring
from postroad.dispatching.each_minute import StepsFailedError
from postroad.dispatching.settings import DispatchSettings
from postroad.governor.dynamodb import DynamoSlots
from postroad.ledger.dynamodb import DynamoLedger
from postroad.observability import UNKNOWN_STREAM
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.pointer import Pointer, minute_of
from postroad.schedule.walks import WALKS
from tests.dispatch_world import NOW, STREAM, minutes, point, scheduled
from tests.tables import create_table

EVENT = {"time": "2026-11-22T14:00:20Z"}
BODY = '{"to": {"email": "ana.ruiz@example.com"}}'


class World:
    """The tables, the buckets and a stream's queue under moto; its function and mapping are missing."""

    def __init__(self) -> None:
        self.dynamodb, self.s3, self.sqs = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs")
        for table in ("Messages", "Bodies", "Schedule"):
            create_table(self.dynamodb, table)
        for bucket in ("bucket-of-bodies", "bucket-of-events"):
            self.s3.create_bucket(Bucket=bucket)
        self.queue = self.sqs.create_queue(QueueName="queue")["QueueUrl"]
        self.events = self.sqs.create_queue(QueueName="events")["QueueUrl"]
        self.journeys = self.sqs.create_queue(QueueName="journeys")["QueueUrl"]
        self.schedule = DynamoSchedule(self.dynamodb, "Schedule")
        self.switches = DynamoSwitches(self.dynamodb, "Schedule")

    def settings(self) -> DispatchSettings:
        return DispatchSettings(
            stage="test",
            schedule_table="Schedule",
            messages_table="Messages",
            bodies_table="Bodies",
            attachments_bucket="bucket-of-bodies",
            events_bucket="bucket-of-events",
            events_queue_url=self.events,
            result_bus="postroad-test",
            streams={STREAM: (self.queue, "mapping", "send", "transactional")},
            account_share=1.0,
            ses_rate_per_second=14.0,
            quota_reserve=0.1,
            canary_minutes=15,
            journeys_queue_url=self.journeys,
            walks_per_second=100.0,
        )

    def wait(self, pointer: Pointer) -> None:
        bodies = DynamoBodies(self.dynamodb, "Bodies", s3=self.s3, bucket="bucket-of-bodies")
        until = NOW + timedelta(days=30)
        bodies.put(pointer.message_id, pointer.fingerprint, BODY, first_sent=NOW - minutes(60), until=until)
        DynamoLedger(self.dynamodb, "Messages").insert(scheduled(pointer))
        self.schedule.put(pointer)

    def arrived(self, queue: str = "") -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=queue or self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [dict(message) for message in answer.get("Messages", [])]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    wiring.dispatch.cache_clear()
    with mock_aws():
        world = World()
        for variable, value in world.settings().to_environment().items():
            monkeypatch.setenv(variable, value)
        # moto knows no GetAccount.
        quota = Quota(max_24_hours=50_000, per_second=100, sent_24_hours=10_000)
        monkeypatch.setattr(SesAccount, "read", lambda _: quota)
        yield world
    wiring.dispatch.cache_clear()


def metrics_of(written: str) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in written.splitlines()]
    return {line["stream"]: line for line in lines if "_aws" in line}


def test_what_is_due_arrives_on_its_queue(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    world.wait(point("m-1", due=NOW - minutes(1), generation=3))
    world.wait(point("m-2", due=NOW + minutes(2)))
    lambda_handler(EVENT, context)
    (message,) = world.arrived()
    assert message["Body"] == BODY
    assert message["MessageAttributes"]["postroad_generation"]["StringValue"] == "3"
    written = capsys.readouterr().out
    assert "@" not in written.replace(f'"{WALKS}"', "")
    metrics = metrics_of(written)
    assert metrics[STREAM]["dispatched"] == [1.0]
    assert metrics[STREAM]["oldest_due_seconds"] == [0.0]
    assert metrics[UNKNOWN_STREAM]["dispatch_runs"] == [1.0]


def test_walks_that_are_due_arrive_on_the_queue_of_journeys(world: World, context: LambdaContext) -> None:
    pointer = Pointer(
        stream=WALKS,
        message_id="k1.JfX-3_q:welcome",
        fingerprint="walk",
        generation=2,
        due=NOW - minutes(1),
        minute=minute_of(NOW) - minutes(1),
    )
    world.schedule.put(pointer)
    lambda_handler(EVENT, context)
    (body,) = [json.loads(each["Body"]) for each in world.arrived(world.journeys)]
    assert (body["address_key"], body["place"]) == ("k1.JfX-3_q", "welcome")
    assert not world.arrived()
    lambda_handler(EVENT, context)
    assert not world.arrived(world.journeys)


def test_every_sender_learns_rate_and_quota(world: World, context: LambdaContext) -> None:
    lambda_handler(EVENT, context)
    state = DynamoSlots(world.dynamodb, "Schedule").read()
    assert (state.rate, state.room, state.room_beyond_reserve) == (14, 40_000, 35_000)


def test_a_stream_that_is_paused_gets_nothing(world: World, context: LambdaContext) -> None:
    world.wait(point("m-1", due=NOW - minutes(1)))
    paused = Switch(stream=STREAM, flow=Flow.PAUSED, by="operator:ana", since=NOW, version=1)
    world.switches.turn(STREAM, lambda _: paused)
    lambda_handler(EVENT, context)
    assert world.arrived() == []
    assert world.schedule.cursor(STREAM) is None


def test_a_stream_is_looked_at_when_its_switch_turns(world: World, context: LambdaContext) -> None:
    world.wait(point("m-1", due=NOW - minutes(1)))
    lambda_handler({"reassert": STREAM}, context)
    assert world.arrived() == []


def test_a_minute_that_fails_fails_the_invocation_and_says_why(
    world: World,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.wait(point("m-1", due=NOW - minutes(1)))
    world.sqs.delete_queue(QueueUrl=world.queue)
    with pytest.raises(StepsFailedError, match="dispatch"):
        lambda_handler(EVENT, context)
    (failed,) = [vars(record) for record in caplog.records if record.message == "step failed"]
    assert (failed["step"], failed["error"]) == ("dispatch", "QueueUnavailableError")
    written = capsys.readouterr().out
    assert "@" not in written.replace(f'"{WALKS}"', "")
    assert "dispatch_runs" not in metrics_of(written).get(UNKNOWN_STREAM, {})


@pytest.mark.usefixtures("world")
def test_a_service_that_hangs_leaves_time_for_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs: dict[str, list[float]] = {}
    make: Any = boto3.client

    def note(service: str, *, config: Any) -> Any:  # noqa: ANN401 - boto3's own
        seconds = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
        hangs.setdefault(service, []).append(seconds)
        return make(service, config=config)

    monkeypatch.setattr(boto3, "client", note)
    wiring.dispatch()
    assert {service: sorted(hangs[service]) for service in ("events", "sesv2", "lambda")} == {
        "events": [14],
        "sesv2": [14],
        "lambda": [14, 27],  # a canary's answer is waited for
    }
