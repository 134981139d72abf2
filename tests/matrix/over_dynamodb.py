"""The whole over MiniStack's DynamoDB: the real adapters, with faults below the SDK.

A request never leaves, its answer is lost, DynamoDB throttles it or leaves a part of a batch undone, the
process dies before or after it. SES, SQS and Firehose are stood in for.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
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
from tests.matrix.scenarios import Scenario
from tests.matrix.stores import Stores
from tests.matrix.whole import Whole
from tests.sending_world import NOW
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

THROTTLED = {
    "Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}
PHASES = ["dies before", "dies after", "request lost", "answer lost", "throttled"]
BATCHES = frozenset({"BatchGetItem", "BatchWriteItem"})
STATEMENTS = "BatchExecuteStatement"
LASTS = timedelta(minutes=30)


class Fate(Enum):
    """What becomes of one statement of a request."""

    RUN = ""
    PUT_OFF = "ThrottlingError"
    """Not run, and said so."""
    UNTOLD = "InternalServerError"
    """Run, and said not to be."""


@dataclass
class StatementFaults:
    """Strikes the k-th request (from 0) that runs statements, and as many after it as `requests` says."""

    place: int = -1
    fates: tuple[Fate, ...] = (Fate.RUN,)
    requests: int = 1
    dies: bool = False
    sizes: list[int] = field(default_factory=list)
    _now: list[Fate] = field(default_factory=list)

    def before_call(self, params: Any) -> object:  # noqa: ANN401  botocore's own
        body = json.loads(params["body"])
        statements = body["Statements"]
        self.sizes.append(len(statements))
        self._now = []
        if not self.place <= len(self.sizes) - 1 < self.place + self.requests:
            return None
        self._now = [self.fates[number % len(self.fates)] for number in range(len(statements))]
        run = [each for each, fate in zip(statements, self._now, strict=True) if fate is not Fate.PUT_OFF]
        if not run:
            return SimpleNamespace(status_code=200), {
                "Responses": [],
                "ResponseMetadata": {"HTTPStatusCode": 200},
            }
        params["body"] = json.dumps(body | {"Statements": run}).encode()
        return None

    def after_call(self, parsed: Any) -> None:  # noqa: ANN401  as above
        if not self._now or "Responses" not in parsed:
            return
        if self.dies:
            raise DiedError
        told = iter(parsed["Responses"])
        parsed["Responses"] = [
            self._answer(fate, {} if fate is Fate.PUT_OFF else next(told)) for fate in self._now
        ]

    @staticmethod
    def _answer(fate: Fate, told: dict[str, Any]) -> dict[str, Any]:
        return told if fate is Fate.RUN else {"Error": {"Code": fate.value, "Message": "try again"}}


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
    statements: StatementFaults = field(default_factory=StatementFaults)
    _strikes: bool = False

    def attach(self, client: "DynamoDBClient") -> None:
        events = client.meta.events
        events.register("before-call.dynamodb", cast("Any", self.before_call))
        events.register("before-send.dynamodb", cast("Any", self.before_send))
        events.register("response-received.dynamodb", cast("Any", self.response_received))
        events.register("after-call.dynamodb.BatchGetItem", cast("Any", self.after_batch_get))
        events.register(f"after-call.dynamodb.{STATEMENTS}", cast("Any", self.after_statements))

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
        return self.statements.before_call(params) if model.name == STATEMENTS else None

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

    def after_statements(self, parsed: Any, **_: object) -> None:  # noqa: ANN401  botocore's own
        if self.whole is not None and self.whole.running == self.function:
            self.statements.after_call(parsed)

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


@contextmanager
def cloud_of_its_own() -> Iterator[Cloud]:
    """Run the emulated cloud until the end of the block, with every pool of threads working in place."""
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
