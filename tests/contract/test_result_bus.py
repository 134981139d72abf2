"""The result bus's contract, over the fake and over EventBridge; and how EventBridge's refusals are met."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import boto3
import msgspec
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws
from mypy_boto3_events import EventBridgeClient

from postroad.contract.result import Result
from postroad.contract.words import Reason, Status
from postroad.outcomes.eventbridge import MOST_BYTES, PAUSES_SECONDS, EventBridgeBus
from postroad.outcomes.memory import MemoryBus
from postroad.outcomes.ports import ResultBus

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 14, 3, 15, tzinfo=UTC)
BUS = "postroad"


def result(number: int, **tags: str) -> Result:
    return Result(
        id=f"e-{number}",
        message_id=f"m-{number}",
        stream="transactional",
        template="order_confirmation",
        status=Status.BOUNCED,
        reason=Reason.HARD_BOUNCE,
        ses_message_id="ses-1",
        at=AT,
        tags=tags,
    )


class Arrivals(Protocol):
    """A bus, what has arrived on it, and how to make it refuse."""

    @property
    def bus(self) -> ResultBus: ...
    def arrived(self) -> list[Result]: ...
    def refuse(self, message_id: str) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.bus = MemoryBus()

    def arrived(self) -> list[Result]:
        return self.bus.results

    def refuse(self, message_id: str) -> None:
        self.bus.refuses.add(message_id)


class RefusingClient:
    """A client of EventBridge under moto, which refuses no entry by itself."""

    def __init__(self, client: EventBridgeClient) -> None:
        self._client = client
        self.refused: set[str] = set()

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  boto3's own name
        answers = [self._put(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    def _put(self, entry: Any) -> dict[str, Any]:  # noqa: ANN401  passed on to boto3
        if json.loads(entry["Detail"])["message_id"] in self.refused:
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        return dict(self._client.put_events(Entries=[entry])["Entries"][0])


class OnEventBridge:
    """A bus of moto with a rule that puts everything on a queue, where it can be read."""

    def __init__(self) -> None:
        events = boto3.client("events")
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="arrivals")["QueueUrl"]
        queue_arn = "arn:aws:sqs:us-east-1:123456789012:arrivals"
        events.create_event_bus(Name=BUS)
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["postroad"]}))
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": queue_arn}])
        self._client = RefusingClient(events)
        self.bus = EventBridgeBus(cast("EventBridgeClient", self._client), BUS, lambda _: None)

    def arrived(self) -> list[Result]:
        found = []
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                event = json.loads(message["Body"])
                assert (event["detail-type"], event["time"]) == ("message.bounced", "2026-11-22T14:03:15Z")
                found.append(msgspec.convert(event["detail"], Result))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            if not answer.get("Messages"):
                return found

    def refuse(self, message_id: str) -> None:
        self._client.refused.add(message_id)


@pytest.fixture(params=["memory", "eventbridge"])
def place(request: pytest.FixtureRequest) -> Iterator[Arrivals]:
    if request.param == "memory":
        yield InMemory()
        return
    with mock_aws():
        yield OnEventBridge()


def test_results_arrive_as_they_were_given(place: Arrivals) -> None:
    given = [result(number, order=str(number)) for number in range(23)]
    assert place.bus.publish(given) == 23
    assert sorted(place.arrived(), key=lambda each: int(each.id[2:])) == given


def test_nothing_is_published_for_nothing(place: Arrivals) -> None:
    assert place.bus.publish([]) == 0
    assert place.arrived() == []


@pytest.mark.parametrize("refused", [0, 3, 9, 10, 22])
def test_the_results_before_the_first_refused_have_arrived(place: Arrivals, refused: int) -> None:
    place.refuse(f"m-{refused}")
    assert place.bus.publish([result(number) for number in range(23)]) == refused
    arrived = {each.message_id for each in place.arrived()}
    assert {f"m-{number}" for number in range(refused)} <= arrived
    assert f"m-{refused}" not in arrived


class Stubbed:
    """EventBridge's client under a stub that checks each request against the service's model."""

    def __init__(self) -> None:
        client = boto3.client("events")
        self.stub = Stubber(client)
        self.pauses: list[float] = []
        self.bus = EventBridgeBus(client, BUS, self.pauses.append)

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


def test_an_entry_names_bus_source_and_type_and_holds_no_address(stubbed: Stubbed) -> None:
    told = result(1)
    stubbed.stub.add_response(
        "put_events",
        {"FailedEntryCount": 0, "Entries": [{"EventId": "id"}]},
        {
            "Entries": [
                {
                    "EventBusName": BUS,
                    "Source": "postroad",
                    "DetailType": "message.bounced",
                    "Detail": msgspec.json.encode(told).decode(),
                    "Time": AT,
                }
            ]
        },
    )
    assert stubbed.bus.publish([told]) == 1
    assert b"@" not in msgspec.json.encode(told)


def test_a_refused_entry_alone_is_tried_again(stubbed: Stubbed) -> None:
    stubbed.expect(False, True, True)
    stubbed.expect(False, True)
    stubbed.expect(False)
    assert stubbed.bus.publish([result(number) for number in range(3)]) == 3
    assert stubbed.pauses == list(PAUSES_SECONDS[:2])


def test_after_the_last_try_the_first_refused_counts_and_later_requests_wait(stubbed: Stubbed) -> None:
    stubbed.expect(*[False] * 10)
    stubbed.expect(False, False, True, *[False] * 6, True)
    stubbed.expect(True, True)
    stubbed.expect(True, False)
    stubbed.expect(True)
    assert stubbed.bus.publish([result(number) for number in range(30)]) == 12


def test_a_request_that_fails_as_a_whole_is_tried_again(stubbed: Stubbed) -> None:
    stubbed.stub.add_client_error("put_events", "InternalException", http_status_code=500)
    stubbed.expect(False, False)
    assert stubbed.bus.publish([result(1), result(2)]) == 2


def test_a_bus_that_never_answers_takes_nothing(stubbed: Stubbed) -> None:
    for _ in range(len(PAUSES_SECONDS) + 1):
        stubbed.stub.add_client_error("put_events", "ThrottlingException")
    assert stubbed.bus.publish([result(1)]) == 0


def test_requests_stay_below_the_limit_of_bytes(stubbed: Stubbed) -> None:
    big = result(1, order="9" * (MOST_BYTES // 3))
    stubbed.expect(False, False)
    stubbed.expect(False)
    assert stubbed.bus.publish([big, big, big]) == 3


def test_a_result_over_the_limit_goes_by_itself(stubbed: Stubbed) -> None:
    stubbed.expect(False)
    stubbed.expect(False)
    stubbed.expect(False)
    assert stubbed.bus.publish([result(1), result(2, order="9" * MOST_BYTES), result(3)]) == 3
