"""Events of contacts, and walks that are due, through the function `journeys`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from functions.journeys.handler import lambda_handler
from postroad.activity.declared import DECLARED_EVENTS, declared_text
from postroad.clock import FixedClock
from postroad.configuration.events import read_events
from postroad.contract.parser import parse_message
from postroad.journeys import wiring
from postroad.journeys.plan import EventTrigger, Hours, Plan, Send, Wait, write_plans
from postroad.journeys.settings import COMPILED_JOURNEYS, JourneysSettings, read_hours, written_hours
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.sweeping import AHEAD
from postroad.schedule.walks import WALKS, walk_body, walk_of
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday."""
PLAN = Plan(
    name="thanks",
    version=1,
    stream="transactional",
    trigger=EventTrigger(event="order.placed"),
    steps=(
        Send(id="first", template="order_thanks", data={"order": "began.properties.order_id"}, next="pause"),
        Wait(id="pause", seconds=24 * 3600, next="second"),
        Send(id="second", template="order_check_in"),
    ),
)
TABLES = ("journeys", "contacts", "suppressions", "messages", "schedule")


def placed(number: int, **properties: object) -> dict[str, Any]:
    return {
        "schema": "postroad.event.v1",
        "event_id": f"order-{number}-placed",
        "name": "order.placed",
        "time": NOW.isoformat(),
        "contact": {"email": f"ana{number}@example.com", "locale": "es-ES"},
        "properties": {"order_id": str(number), **properties},
    }


@dataclass
class World:
    """The tables and queues under moto, with the time that the function lives at."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def __post_init__(self) -> None:
        self.dynamodb, self.sqs = boto3.client("dynamodb"), boto3.client("sqs")
        for name in TABLES:
            create_table(self.dynamodb, name)
        boto3.client("events").create_event_bus(Name="bus")
        self.mail, self.dead = (
            self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("mail", "dead")
        )
        self.schedule = DynamoSchedule(self.dynamodb, "schedule")

    def settings(self) -> JourneysSettings:
        secret = boto3.client("secretsmanager").create_secret(Name="address", SecretString="s" * 64)
        return JourneysSettings(
            stage="test",
            **{f"{name}_table": name for name in TABLES},
            address_secret_arn=secret["ARN"],
            dead_letter_queue_url=self.dead,
            result_bus="bus",
            streams={"transactional": (self.mail, "transactional")},
            hours={},
            home_time_zone="UTC",
            home_country="",
            schedule_lead_seconds=120,
            threads=2,
        )

    def arrived(self, queue: str) -> list[dict[str, Any]]:
        """Take all that is on a queue."""
        found: list[dict[str, Any]] = []
        while answer := self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
        ).get("Messages"):
            found += [dict(message) for message in answer]
        return found

    def mails(self) -> list[str]:
        """Take the messages, and name their templates."""
        return sorted(str(parse_message(each["Body"]).template) for each in self.arrived(self.mail))

    def due(self) -> list[str]:
        """Return the bodies of what dispatch would put on the queue by now."""
        last = self.clock.now() + AHEAD
        marks = self.schedule.marks(WALKS, first=None, last=last, limit=100)
        pointers = [
            each for mark in marks for each in self.schedule.due(WALKS, mark.minute, limit=100).pointers
        ]
        return [walk_body(walk_of(each.message_id)) for each in pointers]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    with mock_aws():
        world = World()
        for variable, value in world.settings().to_environment().items():
            monkeypatch.setenv(variable, value)
        (tmp_path / COMPILED_JOURNEYS).write_bytes(write_plans([PLAN]))
        (tmp_path / DECLARED_EVENTS).write_text(declared_text(read_events(Path("config"))), "utf-8")
        monkeypatch.setattr(wiring, "BUNDLE", tmp_path)
        monkeypatch.setattr(wiring, "clock", world.clock)
        wiring._all.cache_clear()
        yield world
        wiring._all.cache_clear()


def batch(*bodies: object) -> dict[str, Any]:
    """Return what SQS hands over: texts as they are, everything else as JSON."""
    return {
        "Records": [
            {
                "messageId": f"sqs-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {
                    "SentTimestamp": str(int(NOW.timestamp() * 1000)),
                    "ApproximateReceiveCount": "1",
                },
                "messageAttributes": {},
            }
            for number, body in enumerate(bodies)
        ]
    }


def test_an_event_begins_a_walk_whose_first_mail_is_on_its_stream_s_queue(
    world: World, context: LambdaContext
) -> None:
    assert lambda_handler(batch(placed(1)), context) == {"batchItemFailures": []}
    (message,) = [parse_message(each["Body"]) for each in world.arrived(world.mail)]
    assert (message.template, message.stream, message.data) == (
        "order_thanks",
        "transactional",
        {"order": "1"},
    )
    assert message.to.email == "ana1@example.com"
    assert message.journey is not None
    assert (message.journey.name, message.journey.version, message.journey.step) == ("thanks", 1, "first")
    assert not world.arrived(world.dead)


def test_an_event_that_comes_twice_or_by_the_bus_as_well_begins_one_walk(
    world: World, context: LambdaContext
) -> None:
    envelope = {"version": "0", "detail-type": "postroad.event.v1", "source": "shop", "detail": placed(1)}
    lambda_handler(batch(placed(1), placed(1), envelope), context)
    lambda_handler(batch(envelope), context)
    assert world.mails() == ["order_thanks"]


def test_a_walk_goes_on_when_its_pointer_is_due_and_once(world: World, context: LambdaContext) -> None:
    lambda_handler(batch(placed(1)), context)
    world.mails()
    assert world.due() == []
    world.clock.at = NOW + timedelta(hours=24, minutes=1)
    due = world.due()
    assert len(due) == 1
    assert lambda_handler(batch(*due, *due), context) == {"batchItemFailures": []}
    lambda_handler(batch(*due), context)
    assert world.mails() == ["order_check_in"]


def test_a_walk_that_is_called_too_soon_stays_where_it_is(world: World, context: LambdaContext) -> None:
    lambda_handler(batch(placed(1)), context)
    world.mails()
    world.clock.at = NOW + timedelta(hours=24, minutes=1)
    due = world.due()
    world.clock.at = NOW + timedelta(hours=23)
    assert lambda_handler(batch(*due), context) == {"batchItemFailures": []}
    assert world.mails() == []
    world.clock.at = NOW + timedelta(hours=24, minutes=1)
    assert world.due() == due


@pytest.mark.parametrize(
    ("body", "reason", "named"),
    [
        ("{", "not_json", "body"),
        (placed(2) | {"name": "order.plaecd"}, "unknown_event", "name"),
        (placed(2) | {"contact": {"email": "nobody"}}, "address", "contact.email"),
    ],
)
def test_what_is_refused_is_acknowledged_and_lies_with_its_reason_among_the_dead_letters(
    world: World, context: LambdaContext, body: object, reason: str, named: str
) -> None:
    assert lambda_handler(batch(body, placed(1)), context) == {"batchItemFailures": []}
    (letter,) = world.arrived(world.dead)
    said = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert (said["reason"], said["field"]) == (reason, named)
    assert world.mails() == ["order_thanks"]  # nobody else is touched


def test_what_can_not_be_done_now_comes_again_and_is_then_done_once(
    world: World, context: LambdaContext
) -> None:
    world.sqs.delete_queue(QueueUrl=world.mail)
    answer = lambda_handler(batch("{", placed(1)), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sqs-1"}]}
    world.sqs.create_queue(QueueName="mail")
    assert lambda_handler(batch(placed(1)), context) == {"batchItemFailures": []}
    assert world.mails() == ["order_thanks"]


@pytest.mark.usefixtures("world")
def test_no_address_reaches_the_log(context: LambdaContext, caplog: pytest.LogCaptureFixture) -> None:
    lambda_handler(batch(placed(1), "{", placed(2) | {"name": "x"}), context)
    assert caplog.messages == ["refused", "refused", "batch"]
    assert not [record for record in caplog.records if "@" in str(vars(record))]
    counts = vars(caplog.records[-1])["counts"]
    assert (counts["enrolled"], counts["refused"]) == (1, 2)


def test_hours_are_read_as_they_were_written() -> None:
    hours = Hours(days=((), ((540, 1020),), (), (), (), (), ()), holidays=True)
    assert read_hours(written_hours(hours)) == hours
    assert read_hours(written_hours(Hours())) == Hours()
