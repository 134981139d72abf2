"""A sample of the crash matrix through the real adapters, on MiniStack's DynamoDB.

Faults strike below the SDK: a request never leaves, its answer is lost, DynamoDB throttles it or leaves a
part of a batch unprocessed, the process dies before or after it. SES, SQS and Firehose are stood in for.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from postroad.bodies.dynamodb import DynamoBodies
from postroad.circuit.dynamodb import DynamoSwitches
from postroad.evidence.dynamodb import DynamoAppliedObjects, DynamoCanaryPatience, DynamoWatermarks
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.item import SORT_KEY, from_item
from postroad.ledger.row import Row
from postroad.outcomes.transition import RowChange
from postroad.schedule.dynamodb import DynamoSchedule
from postroad.schedule.pointer import Pointer
from postroad.suppression.dynamodb import DynamoSuppressions
from tests.emulated_dynamodb import emulated_cloud
from tests.matrix.gates import DiedError
from tests.matrix.inline_threads import without_threads
from tests.matrix.proofs import check_all, place_of
from tests.matrix.scenarios import SCENARIOS, Scenario
from tests.matrix.stores import Stores
from tests.matrix.whole import DISPATCH, FEEDBACK, MINUTE, SEND, Whole
from tests.sending_world import NOW
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow

THROTTLED = {
    "Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}
PHASES = ["dies before", "dies after", "request lost", "answer lost", "throttled"]
BATCHES = frozenset({"BatchGetItem", "BatchWriteItem"})
LASTS = timedelta(minutes=30)


@dataclass
class Wire:
    """What lies between the SDK and DynamoDB: strikes one request of one function, and notes them all."""

    function: str = ""
    place: int = 0
    phase: str = ""
    unprocessed: int = 0
    """So many more batches come back undone."""
    undone: frozenset[str] = BATCHES
    left_undone: list[str] = field(default_factory=list)
    whole: Whole | None = None
    seen: list[str] = field(default_factory=list)
    _strikes: bool = False

    def attach(self, client: "DynamoDBClient") -> None:
        events = client.meta.events
        events.register("before-call.dynamodb", cast("Any", self.before_call))
        events.register("before-send.dynamodb", cast("Any", self.before_send))
        events.register("response-received.dynamodb", cast("Any", self.response_received))
        events.register("after-call.dynamodb.BatchGetItem", cast("Any", self.after_batch_get))

    def before_call(self, model: Any, params: Any, **_: object) -> object:  # noqa: ANN401  botocore's own
        self._strikes = False
        if self.unprocessed > 0 and model.name == "BatchWriteItem" and model.name in self.undone:
            self.unprocessed -= 1
            self.left_undone.append(model.name)
            answer = {"UnprocessedItems": json.loads(params["body"])["RequestItems"]}
            return SimpleNamespace(status_code=200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}
        if self.whole is None or self.whole.running != self.function:
            return None
        self._strikes = len(self.seen) == self.place
        self.seen.append(model.name)
        if self._strikes and self.phase == "throttled":
            return SimpleNamespace(status_code=400), THROTTLED
        return None

    def before_send(self, request: Any, **_: object) -> None:  # noqa: ANN401  botocore's own
        if self._strikes and self.phase == "dies before":
            raise DiedError
        if self._strikes and self.phase == "request lost":
            raise ConnectionClosedError(endpoint_url=request.url)

    def response_received(self, **_: object) -> None:
        if self._strikes and self.phase == "dies after":
            raise DiedError
        if self._strikes and self.phase == "answer lost":
            raise ConnectionClosedError(endpoint_url="dynamodb")

    def after_batch_get(self, parsed: Any, **_: object) -> None:  # noqa: ANN401  botocore's own
        asked = self.unprocessed > 0 and "BatchGetItem" in self.undone
        if not asked or not any(parsed.get("Responses", {}).values()):
            return
        self.unprocessed -= 1
        self.left_undone.append("BatchGetItem")
        for table, items in parsed["Responses"].items():
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items]
            items.clear()
            parsed.setdefault("UnprocessedKeys", {})[table] = {"Keys": keys, "ConsistentRead": True}


def no_pause(_: float) -> None:
    """Stand in for a sleep."""


class DynamoStores(Stores):
    """The stores over DynamoDB."""

    def rows(self) -> list[Row]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.messages, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        return [from_item(item) for item in items if item["sk"]["S"] == SORT_KEY]

    def changes(self) -> list[RowChange]:
        """Return each row as if it had come about at once: it holds the ids of all its attempts."""
        return [
            RowChange(sequence_number="1", event_id=row.message_id, at=NOW, before=None, after=row)
            for row in self.rows()
        ]

    def pointers(self) -> list[Pointer]:
        return list(self.schedule.page(None, limit=1000).pointers)

    client: "DynamoDBClient"
    messages: str


@dataclass
class Cloud:
    """The emulated cloud, with tables of its own for each case."""

    url: str
    wire: Wire
    client: "DynamoDBClient"
    s3: "S3Client"
    numbers: Iterator[int]

    def stores(self) -> DynamoStores:
        number = next(self.numbers)
        names = {each: f"{each}-{number}" for each in ("Messages", "Bodies", "Schedule", "Suppressions")}
        for name in names.values():
            create_table(self.client, name)
        client = self.client
        parts: dict[str, Any] = {
            "ledger": DynamoLedger(client, names["Messages"], sleep=no_pause),
            "bodies": DynamoBodies(client, names["Bodies"], s3=self.s3, bucket="bodies", pause=no_pause),
            "schedule": DynamoSchedule(client, names["Schedule"], pause=no_pause),
            "suppressions": DynamoSuppressions(client, names["Suppressions"]),
            "switches": DynamoSwitches(client, names["Schedule"]),
            "watermarks": DynamoWatermarks(client, names["Schedule"]),
            "applied": DynamoAppliedObjects(client, names["Schedule"]),
            "patience": DynamoCanaryPatience(client, names["Schedule"]),
        }
        stores = DynamoStores(**parts)
        stores.client, stores.messages = client, names["Messages"]
        return stores

    def run(self, scenario: Scenario, *, function: str, place: int, phase: str) -> Whole:
        """Run a scenario with one request spoiled."""
        self.wire.whole = None
        self.wire.seen.clear()
        whole = scenario.make(self.stores())
        self.wire.function, self.wire.place, self.wire.phase = function, place, phase
        self.wire.whole = whole
        try:
            whole.run(most=LASTS)
        finally:
            self.wire.whole = None
        return whole


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as url, without_threads():
        wire = Wire()
        # Without the SDK's own second tries, which would mend each single fault.
        config = Config(retries={"total_max_attempts": 1})
        client: DynamoDBClient = boto3.client("dynamodb", endpoint_url=url, config=config)
        s3: S3Client = boto3.client("s3", endpoint_url=url)
        s3.create_bucket(Bucket="bodies")
        wire.attach(client)
        yield Cloud(url, wire, client, s3, itertools.count(1))
        client.close()
        s3.close()


def check_delivered(whole: Whole) -> None:
    check_all(whole)
    assert place_of(whole, "m-1").where == "delivered", whole.story()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("place", range(5))
def test_a_fault_at_any_request_of_a_plain_delivery(cloud: Cloud, place: int, phase: str) -> None:
    whole = cloud.run(SCENARIOS["plain"], function=SEND, place=place, phase=phase)
    check_delivered(whole)
    assert len(cloud.wire.seen) > min(place, 3)


SAMPLE = [
    ("unknown, not taken", SEND, 3, "dies before"),
    ("unknown, not taken", SEND, 3, "answer lost"),
    ("unknown, not taken", SEND, 4, "dies before"),
    ("unknown, not taken", SEND, 5, "dies after"),
    ("unknown, not taken", SEND, 12, "answer lost"),
    ("unknown, taken", SEND, 4, "request lost"),
    ("unknown, taken", FEEDBACK, 3, "throttled"),
    ("unknown, taken", FEEDBACK, 4, "dies before"),
    ("unknown, taken", FEEDBACK, 6, "dies after"),
    ("abandoned, taken", SEND, 4, "dies after"),
    ("abandoned, taken", SEND, 5, "answer lost"),
    ("scheduled", SEND, 2, "dies before"),
    ("scheduled", SEND, 3, "answer lost"),
    ("scheduled", SEND, 4, "dies after"),
    ("scheduled", DISPATCH, 3, "throttled"),
    ("scheduled, two copies", SEND, 4, "dies before"),
]


@pytest.mark.parametrize(("name", "function", "place", "phase"), SAMPLE)
def test_a_sample_of_the_matrix(cloud: Cloud, name: str, function: str, place: int, phase: str) -> None:
    whole = cloud.run(SCENARIOS[name], function=function, place=place, phase=phase)
    check_delivered(whole)
    assert len(cloud.wire.seen) > place


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("name", ["three", "scheduled", "unknown, taken"])
def test_what_dynamodb_leaves_unprocessed_is_asked_for_again(cloud: Cloud, name: str, times: int) -> None:
    cloud.wire.left_undone.clear()
    cloud.wire.unprocessed = times
    whole = cloud.run(SCENARIOS[name], function="", place=-1, phase="")
    check_delivered(whole)
    assert len(cloud.wire.left_undone) == times


def test_a_pointer_whose_removal_is_left_undone_for_long_is_met_again(cloud: Cloud) -> None:
    whole = SCENARIOS["scheduled"].make(cloud.stores())
    whole.pass_time(8 * MINUTE)
    cloud.wire.left_undone.clear()
    cloud.wire.unprocessed, cloud.wire.undone = 1000, frozenset({"BatchWriteItem"})
    whole.pass_time(4 * MINUTE)
    assert "BatchWriteItem" in cloud.wire.left_undone
    cloud.wire.unprocessed, cloud.wire.undone = 0, BATCHES
    whole.run(most=LASTS)
    check_delivered(whole)
