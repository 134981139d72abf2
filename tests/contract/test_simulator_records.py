"""What the inbox reads of Postroad's tables, over the fake and over DynamoDB."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from postroad.contract.words import Reason, Status
from postroad.explaining.meanings import NOT_SENT
from postroad.ledger.item import to_item
from postroad.ledger.row import Row
from postroad.local.simulator.records import MemoryRecords, Records, RecordsUnavailableError
from postroad.local.simulator.tables import DeployedRecords
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.model import ScopeEntry, Suppression
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

NOW = datetime(2026, 11, 22, 14, 0, 0, tzinfo=UTC)
WHEN = "2026-11-22T00:00:00Z"
ROW = Row(message_id="m-1", status=Status.DELIVERED, template="welcome", times={"accepted": NOW})
ENTRY = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOW, None, "event-1")
KEY = "k1.a"
TABLES = {"MessagesTable": "postroad-local-messages", "SuppressionsTable": "postroad-local-suppressions"}


@dataclass
class Store:
    """The records, and how a test fills them; `look_at` makes one look end after so many rows."""

    records: Records
    add: Callable[[list[Row]], None]
    suppress: Callable[[], None]
    look_at: Callable[[int], Records]


def cloudformation(*outputs: dict[str, str]) -> "CloudFormationClient":
    """Answer with one stack that has these outputs, one after the other, and then with the last of them."""
    client = boto3.client("cloudformation")
    stack = {"StackName": "foundation", "CreationTime": WHEN, "StackStatus": "CREATE_COMPLETE"}
    stub = Stubber(client)
    for each in (*outputs, *[outputs[-1]] * 5):
        listed = [{"OutputKey": key, "OutputValue": value} for key, value in each.items()]
        stub.add_response("describe_stacks", {"Stacks": [{**stack, "Outputs": listed}]})
    stub.activate()
    return client


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        memory = MemoryRecords()
        entry = MemoryRecordsFiller(memory)
        yield Store(memory, entry.add, entry.suppress, entry.look_at)
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        for name in TABLES.values():
            create_table(client, name)

        def deployed(**limits: int) -> DeployedRecords:
            return DeployedRecords(client, cloudformation(TABLES), **limits)

        def add(rows: list[Row]) -> None:
            for row in rows:
                client.put_item(TableName=TABLES["MessagesTable"], Item=to_item(row))

        def suppress() -> None:
            DynamoSuppressions(client, TABLES["SuppressionsTable"]).suppress(
                KEY, "a@example.com", "all", ENTRY
            )

        yield Store(deployed(), add, suppress, lambda most: deployed(page=2, most_examined=most))


class MemoryRecordsFiller:
    def __init__(self, memory: MemoryRecords) -> None:
        self._memory = memory

    def add(self, rows: list[Row]) -> None:
        self._memory.add(*rows)

    def suppress(self) -> None:
        self._memory.suppressions[KEY] = Suppression(KEY, "a@example.com", {"all": ENTRY})

    def look_at(self, most: int) -> MemoryRecords:
        self._memory.most_examined = most
        return self._memory


def test_rows_are_found_by_their_ids_and_missing_ones_left_out(store: Store) -> None:
    rows = [replace(ROW, message_id=f"m-{number}") for number in range(250)]
    store.add(rows)
    ids = [row.message_id for row in rows]
    assert store.records.rows([*ids, "unknown", ids[0]]) == dict(zip(ids, rows, strict=True))
    assert store.records.rows([]) == {}


def test_what_was_not_sent_is_found_among_all_statuses(store: Store) -> None:
    store.add([replace(ROW, message_id=f"m-{status}", status=status) for status in Status])
    found = store.records.not_sent()
    assert found.whole
    assert {row.message_id for row in found.rows} == {f"m-{status}" for status in NOT_SENT}


def test_a_look_at_the_table_goes_on_over_pages_and_ends_at_its_bound(store: Store) -> None:
    store.add([replace(ROW, message_id=f"m-{number}", status=Status.INVALID) for number in range(7)])
    whole = store.look_at(100).not_sent()
    assert (len(whole.rows), whole.whole) == (7, True)
    cut = store.look_at(4).not_sent()
    assert (len(cut.rows), cut.whole) == (4, False)


def test_a_suppression_is_found_by_its_key(store: Store) -> None:
    assert store.records.suppression(KEY) is None
    store.suppress()
    found = store.records.suppression(KEY)
    assert found is not None
    assert found.scopes["all"].reason is Reason.HARD_BOUNCE
    assert store.records.suppression("k1.b") is None


@pytest.mark.parametrize("outputs", [{}, {"MessagesTable": "postroad-local-messages"}, {"Other": "x"}])
def test_nothing_deployed_is_said_so(outputs: dict[str, str]) -> None:
    records = DeployedRecords(boto3.client("dynamodb"), cloudformation(outputs))
    with pytest.raises(RecordsUnavailableError, match="Nothing is deployed yet"):
        records.rows(["m-1"])


@mock_aws
def test_tables_that_come_later_are_found() -> None:
    dynamodb = boto3.client("dynamodb")
    records = DeployedRecords(dynamodb, cloudformation({}, TABLES))
    with pytest.raises(RecordsUnavailableError, match="Nothing is deployed yet"):
        records.not_sent()
    with pytest.raises(RecordsUnavailableError, match="refused: ResourceNotFoundException"):
        records.not_sent()
    create_table(dynamodb, TABLES["MessagesTable"])
    assert records.not_sent().rows == ()


def test_an_answer_that_does_not_come_is_one_line() -> None:
    client = boto3.client("cloudformation")

    def never(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://localhost")

    client.meta.events.register_first("before-call.cloudformation", never)
    with pytest.raises(RecordsUnavailableError, match=r"can't be read now \(didn't answer: ReadTimeoutError"):
        DeployedRecords(boto3.client("dynamodb"), client).suppression(KEY)
