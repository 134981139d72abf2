"""Stream events on the bus, over the fake and over EventBridge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol

import boto3
import jsonschema
import msgspec
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from postroad.circuit.eventbridge import EventBridgeStreamBus
from postroad.circuit.memory import MemoryStreamBus
from postroad.contract.schema import stream_schema
from postroad.contract.stream_event import StreamEvent
from postroad.observability import make_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.circuit.ports import StreamBus

AT = datetime(2026, 11, 22, 14, 3, 15, tzinfo=UTC)
BUS = "postroad"
LOGGER = make_logger("dispatch")


def event(number: int, flow: Literal["running", "paused", "open"] = "open") -> StreamEvent:
    return StreamEvent(
        id=f"e-{number}", stream="marketing", flow=flow, why="sending_paused", by="circuit", at=AT
    )


class Arrivals(Protocol):
    """A bus, and what has arrived on it."""

    @property
    def bus(self) -> StreamBus: ...
    def arrived(self) -> list[StreamEvent]: ...


class InMemory:
    def __init__(self) -> None:
        self.bus = MemoryStreamBus()

    def arrived(self) -> list[StreamEvent]:
        return self.bus.events


class OnEventBridge:
    """A bus of moto with a rule that puts everything on a queue, where it can be read."""

    def __init__(self) -> None:
        events = boto3.client("events")
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="arrivals")["QueueUrl"]
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": ["postroad"], "detail-type": ["stream.stopped", "stream.resumed"]})
        events.put_rule(Name="streams", EventBusName=BUS, EventPattern=pattern)
        arn = "arn:aws:sqs:us-east-1:123456789012:arrivals"
        events.put_targets(Rule="streams", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
        self.bus = EventBridgeStreamBus(events, BUS, logger=LOGGER)

    def arrived(self) -> list[StreamEvent]:
        found = []
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                told = json.loads(message["Body"])
                jsonschema.validate(told["detail"], stream_schema())
                kind = "resumed" if told["detail"]["flow"] == "running" else "stopped"
                assert (told["detail-type"], told["time"]) == (f"stream.{kind}", "2026-11-22T14:03:15Z")
                found.append(msgspec.convert(told["detail"], StreamEvent))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(params=["memory", "eventbridge"])
def place(request: pytest.FixtureRequest) -> Iterator[Arrivals]:
    if request.param == "memory":
        yield InMemory()
        return
    with mock_aws():
        yield OnEventBridge()


def test_events_arrive_as_they_were_given(place: Arrivals) -> None:
    given = [event(1), event(2, "paused"), event(3, "running"), *(event(number) for number in range(10, 31))]
    assert place.bus.publish(given) == {each.id for each in given}
    assert sorted(place.arrived(), key=lambda each: int(each.id[2:])) == given


def test_nothing_is_published_for_nothing(place: Arrivals) -> None:
    assert place.bus.publish([]) == set()
    assert place.arrived() == []


class Stubbed:
    def __init__(self) -> None:
        client = boto3.client("events", region_name="us-east-1")
        self.stub = Stubber(client)
        self.bus = EventBridgeStreamBus(client, BUS, logger=LOGGER)

    def expect(self, *refused: bool) -> None:
        """Expect a request of so many entries, and refuse some."""
        refusal = {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}
        self.stub.add_response(
            "put_events",
            {
                "FailedEntryCount": sum(refused),
                "Entries": [refusal if entry else {"EventId": "id"} for entry in refused],
            },
            {"Entries": [ANY] * len(refused)},
        )


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    under_stub = Stubbed()
    with under_stub.stub:
        yield under_stub
        under_stub.stub.assert_no_pending_responses()


def test_what_was_refused_is_not_said_to_be_taken(stubbed: Stubbed) -> None:
    stubbed.expect(False, True, False)
    assert stubbed.bus.publish([event(1), event(2), event(3)]) == {"e-1", "e-3"}


def test_a_bus_that_can_t_be_reached_has_taken_nothing_more_and_never_raises(stubbed: Stubbed) -> None:
    stubbed.expect(*[False] * 10)
    stubbed.stub.add_client_error("put_events", "InternalException")
    given = [event(number) for number in range(25)]
    assert stubbed.bus.publish(given) == {each.id for each in given[:10]}


def test_an_entry_names_bus_source_and_type(stubbed: Stubbed) -> None:
    told = event(1)
    stubbed.stub.add_response(
        "put_events",
        {"FailedEntryCount": 0, "Entries": [{"EventId": "id"}]},
        {
            "Entries": [
                {
                    "EventBusName": BUS,
                    "Source": "postroad",
                    "DetailType": "stream.stopped",
                    "Detail": msgspec.json.encode(told).decode(),
                    "Time": AT,
                }
            ]
        },
    )
    stubbed.bus.publish([told])
