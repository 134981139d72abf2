"""Writes in bulk over a DynamoDB that is in trouble: lost, partial, put off and refused, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.httpsession import URLLib3Session

from postroad.contract.words import Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.dynamodb_statements import MOST_TURNS
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.partiql import MOST_STATEMENTS
from postroad.ledger.row import Row
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ROWS = [
    Row(message_id=f"m-{index}", status=Status.CLAIMED, owner="o", times={"accepted": NOW})
    for index in range(6)
]
SENT = [replace(row, status=Status.SENT, owner="", version=2) for row in ROWS]
BULK = "BatchExecuteStatement"
LONGEST_SECONDS = 1.0


@dataclass
class Table:
    """A table of its own, what is asked of it, and how long the ledger paused."""

    client: "DynamoDBClient"
    name: str = field(default_factory=lambda: f"Messages-{uuid4().hex}")
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        create_table(self.client, self.name)
        self.ledger = DynamoLedger(self.client, self.name, sleep=self.pauses.append)
        self.client.meta.events.register("before-send.dynamodb", self._count)

    def _count(self, request: AWSPreparedRequest, **_: object) -> None:
        target = request.headers["X-Amz-Target"]
        self.asked.append((target.decode() if isinstance(target, bytes) else target).partition(".")[2])

    def rows(self) -> list[Row | None]:
        return [self.ledger.get(row.message_id) for row in ROWS]


@pytest.fixture
def table(emulated_url: str) -> Table:
    # The SDK repeats a request as it does in a function.
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    return Table(boto3.client("dynamodb", endpoint_url=emulated_url, config=config))


class LostAnswer:
    """The request is carried out, somebody else may do something, and the answer is a 500."""

    def __init__(self, table: Table, *, then: Sequence[Row] = ()) -> None:
        self._table, self._then, self.lost = table, then, 0
        lose: Any = self._lose  # botocore's own types know of no answer from a hook
        table.client.meta.events.register_first(f"before-send.dynamodb.{BULK}", lose)

    def _lose(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if self.lost:
            return None
        self.lost += 1
        sent = URLLib3Session().send(request)
        assert sent.status_code == 200
        for row in self._then:
            assert self._table.ledger.replace(row, expected=row.version - 1)
        return AWSResponse(request.url, 500, HTTPHeaders(), sent.raw)


def test_an_answer_that_got_lost_leaves_no_doubt_about_what_was_written(table: Table) -> None:
    lost = LostAnswer(table)
    assert table.ledger.insert_many(ROWS) == [None] * 6
    assert lost.lost == 1
    # The SDK asked again, every row stood already, and one read told that they were ours.
    assert table.asked == [BULK, BULK, "BatchGetItem"]
    assert table.rows() == ROWS


def test_an_answer_to_replacements_that_got_lost_costs_no_read(table: Table) -> None:
    table.ledger.insert_many(ROWS)
    table.asked.clear()
    LostAnswer(table)
    assert table.ledger.replace_many(SENT) == [True] * 6
    assert table.asked == [BULK, BULK]
    assert table.rows() == SENT


def test_what_others_wrote_before_a_repetition_is_told_not_taken_for_ours(table: Table) -> None:
    LostAnswer(table, then=[replace(SENT[2], reason="somebody else")])
    outcomes = table.ledger.insert_many(ROWS)
    assert outcomes == [None, None, replace(SENT[2], reason="somebody else"), None, None, None]

    LostAnswer(table, then=[replace(SENT[4], version=3, reason="somebody else")])
    third = [replace(row, version=row.version + 1) for row in ROWS]
    assert table.ledger.replace_many(third) == [True, True, False, True, False, True]


class PutOff:
    """DynamoDB puts off the statements about some messages, for some turns; the others are carried out."""

    def __init__(self, table: Table, messages: Sequence[str], *, turns: int, code: str) -> None:
        self._left = dict.fromkeys(messages, turns)
        self._code = code
        self._places: list[bool] = []
        events = table.client.meta.events
        events.register(f"before-parameter-build.dynamodb.{BULK}", self._take)
        events.register(f"after-call.dynamodb.{BULK}", self._tell)

    def _take(self, params: dict[str, Any], **_: object) -> None:
        self._places = []
        done = []
        for statement in params["Statements"]:
            about = [one for one in self._left if {"S": one} in statement["Parameters"]]
            put_off = bool(about) and self._left[about[0]] > 0
            self._places.append(put_off)
            if put_off:
                self._left[about[0]] -= 1
            else:
                done.append(statement)
        params["Statements"] = done or [{"Statement": 'SELECT * FROM "none" WHERE "pk" = 1'}]

    def _tell(self, parsed: dict[str, Any], **_: object) -> None:
        told = iter(parsed["Responses"])
        late = {"Error": {"Code": self._code, "Message": "slow down"}}
        parsed["Responses"] = [late if put_off else next(told) for put_off in self._places]


PASSING = ["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "InternalServerError"]


@pytest.mark.parametrize("code", [*PASSING, "TransactionConflict"])
def test_what_dynamodb_puts_off_is_repeated_alone_later_each_time(table: Table, code: str) -> None:
    PutOff(table, ["m-1", "m-4"], turns=2, code=code)

    assert table.ledger.insert_many(ROWS) == [None] * 6

    assert table.asked == [BULK] * 3
    assert table.rows() == ROWS
    assert len(table.pauses) == 2
    assert 0 < table.pauses[0] < table.pauses[1]


def test_what_is_put_off_too_often_is_an_error_for_that_row_alone(table: Table) -> None:
    PutOff(table, ["m-1", "m-4"], turns=99, code="ThrottlingError")

    outcomes = table.ledger.insert_many(ROWS)

    assert [type(outcome) for outcome in outcomes] == [
        LedgerUnavailableError if place in {1, 4} else type(None) for place in range(6)
    ]
    assert str(outcomes[1]) == "DynamoDB refused: ThrottlingError"
    assert table.asked == [BULK] * MOST_TURNS
    assert sum(table.pauses) < LONGEST_SECONDS
    assert [row is not None for row in table.rows()] == [True, False, True, True, False, True]


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound", "ValidationError", "SomethingNew"])
def test_what_is_refused_is_not_repeated(table: Table, code: str) -> None:
    table.ledger.insert_many(ROWS)
    table.asked.clear()
    PutOff(table, ["m-3"], turns=1, code=code)
    outcomes = table.ledger.replace_many(SENT)
    assert [outcome for place, outcome in enumerate(outcomes) if place != 3] == [True] * 5
    assert isinstance(outcomes[3], LedgerUnavailableError)
    assert table.asked == [BULK]
    assert table.pauses == []


def test_an_item_that_is_too_large_keeps_no_other_from_being_written(table: Table) -> None:
    large = replace(ROWS[2], notes=("n" * 500_000,))
    outcomes = table.ledger.insert_many([*ROWS[:2], large, *ROWS[3:]])
    assert outcomes[:2] + outcomes[3:] == [None] * 5
    assert isinstance(outcomes[2], LedgerUnavailableError)


def test_a_request_that_is_refused_as_a_whole_is_carried_out_row_by_row(table: Table) -> None:
    def refuse(params: dict[str, Any], **_: object) -> None:
        if len(params["Statements"]) > 1:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, BULK)

    table.client.meta.events.register(f"provide-client-params.dynamodb.{BULK}", refuse)
    table.ledger.insert(ROWS[3])
    other = [replace(row, owner="another") for row in ROWS]
    assert table.ledger.insert_many(other) == [None, None, None, ROWS[3], None, None]
    assert table.ledger.replace_many(SENT) == [True] * 6
    assert table.rows() == SENT


def test_without_an_answer_nothing_is_known_of_any_row(table: Table) -> None:
    def cut(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="none")

    table.client.meta.events.register_first(f"before-send.dynamodb.{BULK}", cut)
    for outcomes in (table.ledger.insert_many(ROWS), table.ledger.replace_many(SENT)):
        assert [type(outcome) for outcome in outcomes] == [LedgerUnavailableError] * 6


def test_of_two_requests_one_may_fail_and_the_other_succeed(table: Table) -> None:
    rows = [replace(ROWS[0], message_id=f"n-{index:02}") for index in range(MOST_STATEMENTS + 5)]

    def refuse(params: dict[str, Any], **_: object) -> None:
        if {"S": "n-00"} in params["Statements"][0]["Parameters"]:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, BULK)

    table.client.meta.events.register(f"provide-client-params.dynamodb.{BULK}", refuse)
    outcomes = table.ledger.insert_many(rows)
    half = len(rows) // 2
    assert [type(outcome) for outcome in outcomes[:half]] == [LedgerUnavailableError] * half
    assert outcomes[half:] == [None] * half


def test_what_stands_and_can_not_be_read_is_an_error_for_that_row_alone(table: Table) -> None:
    table.client.put_item(
        TableName=table.name,
        Item={"pk": {"S": "m-1"}, "sk": {"S": "message"}, "status": {"S": "of a later version"}},
    )
    outcomes = table.ledger.insert_many(ROWS)
    assert [place for place, outcome in enumerate(outcomes) if outcome is not None] == [1]
    assert isinstance(outcomes[1], LedgerUnavailableError)
    assert table.ledger.replace_many(SENT) == [True, False, True, True, True, True]


def test_when_what_stands_can_not_be_asked_for_those_rows_alone_are_unknown(table: Table) -> None:
    table.ledger.insert_many(ROWS[:2])

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "BatchGetItem")

    table.client.meta.events.register("provide-client-params.dynamodb.BatchGetItem", refuse)
    outcomes = table.ledger.insert_many(ROWS)
    assert [type(outcome) for outcome in outcomes[:2]] == [LedgerUnavailableError] * 2
    assert outcomes[2:] == [None] * 4


@pytest.mark.parametrize(
    ("number", "requests"),
    [(1, ["PutItem"]), (2, [BULK]), (MOST_STATEMENTS, [BULK]), (MOST_STATEMENTS + 1, [BULK] * 2)],
)
def test_many_rows_take_as_few_requests_as_can_be(table: Table, number: int, requests: list[str]) -> None:
    rows = [replace(ROWS[0], message_id=f"n-{index}") for index in range(number)]
    table.ledger.insert_many(rows)
    assert table.asked == requests
    table.asked.clear()
    table.ledger.replace_many([replace(row, version=2) for row in rows])
    assert table.asked == requests
