"""What counting needs of the table Stats, of the fake and of DynamoDB alike."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from postroad.stats.counts import Cell, Sums
from postroad.stats.dynamodb import PAUSES_SECONDS, DynamoCounters
from postroad.stats.errors import StatsBusyError, StatsUnavailableError
from postroad.stats.item import SUFFIXES, suffix_of
from postroad.stats.memory import MemoryCounters
from postroad.stats.ports import MOST_CELLS, Group, Position
from postroad.stats.values import MOST_VALUES
from postroad.stats.words import BETWEEN, OTHERS, Metric
from tests.tables import create_table

AT = datetime(2026, 11, 22, 14, 3, 12, tzinfo=UTC)
DAY = "2026-11-22"
GROUP = Group(DAY, "marketing", "campaign")
SPRING = Cell(*GROUP, "spring")
ONE_SENT: Sums = {SPRING: {Metric.SENT: 1}}
Make = Callable[[], MemoryCounters | DynamoCounters]


@pytest.fixture(params=["memory", "dynamodb"])
def counters(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - a generator of one of two classes
    if request.param == "memory":
        yield MemoryCounters()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Stats")
        yield DynamoCounters(client, "Stats", page_size=1, pause=lambda _: None)


def reached(number: int) -> Position:
    return Position(str(number), AT, AT + timedelta(seconds=5))


def test_sums_and_the_position_move_together(counters: DynamoCounters) -> None:
    assert counters.position("a") is None
    assert counters.add("a", {SPRING: {Metric.SENT: 3, Metric.HARD: 1}}, expected=None, position=reached(9))
    assert counters.add(
        "a", {SPRING: {Metric.SENT: 2, Metric.HARD: -1}}, expected=reached(9), position=reached(10)
    )
    assert counters.position("a") == reached(10)
    assert counters.read(GROUP) == {"spring": {Metric.SENT: 5}}


def test_nothing_is_added_where_the_position_stands_elsewhere(counters: DynamoCounters) -> None:
    assert not counters.add("a", ONE_SENT, expected=reached(8), position=reached(10))
    assert counters.add("a", ONE_SENT, expected=None, position=reached(9))
    assert not counters.add("a", ONE_SENT, expected=None, position=reached(9))
    assert not counters.add("a", ONE_SENT, expected=reached(8), position=reached(10))
    assert counters.position("a") == reached(9)
    assert counters.read(GROUP) == {"spring": {Metric.SENT: 1}}


def test_shards_stand_apart_and_count_together(counters: DynamoCounters) -> None:
    shards = [f"shardId-{number:04}" for number in range(20)]
    assert len({suffix_of(shard) for shard in shards}) == SUFFIXES
    for place, shard in enumerate(shards):
        assert counters.add(shard, ONE_SENT, expected=None, position=reached(place))
    assert counters.read(GROUP) == {"spring": {Metric.SENT: 20}}
    assert sorted(counters.positions(), key=lambda each: int(each.sequence_number)) == [
        reached(place) for place in range(20)
    ]


def test_groups_are_read_apart_and_as_many_cells_as_allowed_are_written_at_once(
    counters: DynamoCounters,
) -> None:
    values = [f"a # value\x1f{number}" for number in range(MOST_CELLS - 1)]
    sums: Sums = {Cell(*GROUP, value): {Metric.SENT: 1} for value in values}
    sums[Cell(DAY, "marketing", "journey.step", f"welcome{BETWEEN}hello")] = {Metric.OPENS: 2}
    assert counters.add("a", sums, expected=None, position=reached(1))
    assert counters.read(GROUP) == {value: {Metric.SENT: 1} for value in values}
    assert counters.read(GROUP._replace(dimension="journey.step")) == {
        f"welcome{BETWEEN}hello": {Metric.OPENS: 2}
    }
    assert counters.read(GROUP._replace(day="2026-11-23")) == {}


def test_the_first_values_get_counters_and_keep_them(counters: DynamoCounters) -> None:
    assert counters.admit(GROUP, ["b", "a"]) == {"a", "b"}
    assert counters.admit(GROUP, ["a"]) == {"a", "b"}
    many = [f"order {number:05}" for number in range(10_000)]
    full = counters.admit(GROUP, many)
    assert full == {"a", "b", *many[: MOST_VALUES - 2]}
    assert counters.admit(GROUP, ["late"]) == full
    assert counters.admit(GROUP._replace(day="2026-11-23"), ["late", OTHERS]) == {"late"}
    assert counters.read(GROUP) == {}, "what was admitted is no counter"


class Spoiled:
    """A client of DynamoDB one of whose calls goes wrong."""

    def __init__(self, client: Any, call: str, errors: list[Exception], *, after: bool = False) -> None:  # noqa: ANN401 - boto3's
        self._client, self._call, self._errors, self._after = client, call, errors, after

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - boto3's
        real = getattr(self._client, name)
        if name != self._call:
            return real

        def spoiled(**given: Any) -> Any:  # noqa: ANN401 - boto3's
            if self._after:
                real(**given)
            if self._errors:
                raise self._errors.pop(0)
            return real(**given)

        return spoiled


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


@pytest.fixture
def client() -> Any:  # noqa: ANN401 - boto3's
    with mock_aws():
        found = boto3.client("dynamodb")
        create_table(found, "Stats")
        yield found


def test_two_shards_that_write_one_counter_at_once_wait_for_each_other(client: Any) -> None:  # noqa: ANN401 - boto3's
    pauses: list[float] = []
    conflict = cancelled("None", "TransactionConflict")
    spoiled = Spoiled(client, "transact_write_items", [conflict, conflict])
    counters = DynamoCounters(spoiled, "Stats", pause=pauses.append)  # type: ignore[arg-type]  # a stand-in
    assert counters.add("a", ONE_SENT, expected=None, position=reached(1))
    assert pauses == list(PAUSES_SECONDS[:2])
    assert counters.read(GROUP) == {"spring": {Metric.SENT: 1}}


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ItemCollectionSizeLimitExceeded"]
)
def test_what_others_keep_writing_is_given_up(client: Any, code: str) -> None:  # noqa: ANN401 - boto3's
    spoiled = Spoiled(client, "transact_write_items", [cancelled("None", code)] * 9)
    counters = DynamoCounters(spoiled, "Stats", pause=lambda _: None)  # type: ignore[arg-type]  # a stand-in
    with pytest.raises(StatsBusyError, match=code):
        counters.add("a", ONE_SENT, expected=None, position=reached(1))
    assert counters.read(GROUP) == {}


@pytest.mark.parametrize("call", ["transact_write_items", "get_item", "update_item", "query"])
def test_what_gets_no_answer_is_unavailable(client: Any, call: str) -> None:  # noqa: ANN401 - boto3's
    spoiled = Spoiled(client, call, [ReadTimeoutError(endpoint_url="-")] * 9)
    counters = DynamoCounters(spoiled, "Stats")  # type: ignore[arg-type]  # a stand-in
    does: dict[str, Callable[[], object]] = {
        "transact_write_items": lambda: counters.add("a", ONE_SENT, expected=None, position=reached(1)),
        "get_item": lambda: counters.position("a"),
        "update_item": lambda: counters.admit(GROUP, ["spring"]),
        "query": lambda: counters.read(GROUP),
    }
    with pytest.raises(StatsUnavailableError):
        does[call]()


def test_values_that_two_shards_see_first_at_once_all_get_counters(client: Any) -> None:  # noqa: ANN401 - boto3's
    other = DynamoCounters(client, "Stats")

    class Beaten(Spoiled):
        """Somebody else writes between our read and our write."""

        def update_item(self, **given: Any) -> Any:  # noqa: ANN401 - boto3's
            other.admit(GROUP, ["summer"])
            return client.update_item(**given)

    counters = DynamoCounters(Beaten(client, "", []), "Stats", pause=lambda _: None)  # type: ignore[arg-type]  # a stand-in
    assert counters.admit(GROUP, ["spring"]) == {"spring", "summer"}
    assert other.admit(GROUP, []) == {"spring", "summer"}
