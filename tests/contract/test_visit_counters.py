"""What `Counters` keep to: those in memory and those in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from postroad.web.dynamodb import LIFE, DynamoCounters
from postroad.web.errors import CountersUnavailableError
from postroad.web.memory import MemoryCounters
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.web.ports import Counters

pytestmark = pytest.mark.slow

TABLE = "schedule"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(client, TABLE)
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "memory":
        return MemoryCounters()
    return DynamoCounters(request.getfixturevalue("dynamodb"), TABLE)


def test_each_visit_is_one_more(counters: Counters) -> None:
    assert [counters.add("a", window=MINUTE, now=NOON) for _ in range(3)] == [1, 2, 3]


def test_each_name_is_counted_for_itself(counters: Counters) -> None:
    counters.add("a", window=MINUTE, now=NOON)
    assert counters.add("b", window=MINUTE, now=NOON) == 1


def test_the_next_window_begins_anew(counters: Counters) -> None:
    last = NOON + MINUTE - timedelta(microseconds=1)
    assert counters.add("a", window=MINUTE, now=NOON) == 1
    assert counters.add("a", window=MINUTE, now=last) == 2
    assert counters.add("a", window=MINUTE, now=NOON + MINUTE) == 1


def test_what_was_counted_goes_by_time_to_live(dynamodb: DynamoDBClient) -> None:
    DynamoCounters(dynamodb, TABLE).add("a", window=MINUTE, now=NOON)
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["ttl"]["N"]) == (NOON + MINUTE + LIFE).timestamp()
    assert item["pk"] == {"S": "visits#a"}


def test_a_table_that_is_gone_is_said_in_our_words(dynamodb: DynamoDBClient) -> None:
    counters = DynamoCounters(dynamodb, "gone")
    with pytest.raises(CountersUnavailableError, match="ResourceNotFoundException"):
        counters.add("a", window=MINUTE, now=NOON)
