"""Writes in bulk: the ledger's contract, over the fake and over a DynamoDB that knows PartiQL.

moto doesn't: it overwrites where it should refuse, and calls a false condition a success.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.contract.words import Status
from postroad.ledger.dynamodb import HELD_INDEX, DynamoLedger
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.partiql import MOST_STATEMENTS
from postroad.ledger.ports import Ledger
from postroad.ledger.row import REOPENED, Row
from tests.tables import create_table

NOW = datetime(2026, 11, 22, 14, 0, 0, 123000, tzinfo=UTC)
ROW = Row(
    message_id="m-0",
    status=Status.CLAIMED,
    stream="transactional",
    template="order_confirmation",
    fingerprint="f",
    address_key="k1.a",
    email="a@example.com",
    attempt=1,
    owner="o",
    lease_until=NOW + timedelta(seconds=90),
    times={"accepted": NOW},
    tags={"order": "1042"},
)
MORE_THAN_ONE_REQUEST = 2 * MOST_STATEMENTS + 3
RACERS = 6


@pytest.fixture(params=["memory", pytest.param("emulated", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    client = boto3.client("dynamodb", endpoint_url=request.getfixturevalue("emulated_url"))
    table = f"Messages-{uuid4().hex}"
    create_table(client, table)
    yield DynamoLedger(client, table)


def rows(number: int) -> list[Row]:
    return [replace(ROW, message_id=f"m-{index}") for index in range(number)]


def sent(row: Row) -> Row:
    """Return the row as `send` marks it: some attributes are new, and some are gone."""
    return replace(
        row,
        status=Status.SENT,
        owner="",
        lease_until=None,
        ses_ids={"1": f"ses-{row.message_id}"},
        times={**row.times, "sent": NOW + timedelta(seconds=1)},
        version=row.version + 1,
    ).kept_until(NOW)


def standing(ledger: Ledger, written: list[Row]) -> list[Row | None]:
    return [ledger.get(row.message_id) for row in written]


@pytest.mark.parametrize("number", [0, 1, 2, MOST_STATEMENTS, MORE_THAN_ONE_REQUEST])
def test_many_first_rows_stand_and_so_do_their_next_ones(ledger: Ledger, number: int) -> None:
    first = rows(number)
    assert ledger.insert_many(first) == [None] * number
    assert standing(ledger, first) == first

    second = [sent(row) for row in first]
    assert ledger.replace_many(second) == [True] * number
    assert standing(ledger, second) == second


@pytest.mark.parametrize("number", [1, 4, MORE_THAN_ONE_REQUEST])
def test_each_row_that_stands_already_is_told_in_its_place(ledger: Ledger, number: int) -> None:
    mine = rows(number)
    there = [replace(row, owner="another", times={**row.times, "claimed": NOW}) for row in mine[::3]]
    for row in there:
        ledger.insert(row)

    outcomes = ledger.insert_many(mine)

    expected: list[Row | None] = [None] * number
    expected[::3] = there
    assert outcomes == expected
    assert standing(ledger, mine) == [met or row for met, row in zip(expected, mine, strict=True)]


@pytest.mark.parametrize("number", [1, MORE_THAN_ONE_REQUEST])
def test_a_repetition_of_many_writes_counts_as_written(ledger: Ledger, number: int) -> None:
    first = rows(number)
    second = [sent(row) for row in first]
    assert ledger.insert_many(first) == [None] * number
    assert ledger.insert_many(first) == [None] * number
    assert ledger.replace_many(second) == [True] * number
    assert ledger.replace_many(second) == [True] * number
    assert ledger.insert_many(first) == second


@pytest.mark.parametrize("number", [2, MORE_THAN_ONE_REQUEST])
def test_only_rows_at_the_version_before_are_replaced(ledger: Ledger, number: int) -> None:
    first = rows(number)
    ledger.insert_many(first[1:])  # the first has no row
    meddled = [replace(row, reason="meddled", version=2) for row in first[1::2]]
    ledger.replace_many(meddled)

    outcomes = ledger.replace_many([sent(row) for row in first])

    gone_on = {row.message_id for row in meddled} | {"m-0"}
    assert outcomes == [row.message_id not in gone_on for row in first]
    assert ledger.get("m-0") is None
    assert standing(ledger, meddled) == meddled
    untouched = [row for row in first if row.message_id not in gone_on]
    assert standing(ledger, untouched) == [sent(row) for row in untouched]


def test_what_a_row_no_longer_says_is_gone_from_the_table(ledger: Ledger) -> None:
    full = replace(
        ROW,
        reason="unknown_outcome",
        detail="no answer",
        locale="fr",
        topic="news",
        due=NOW,
        generation=2,
        evidence_after=NOW,
        failures=3,
        notes=("one", "two"),
        bounce="soft",
        ses_ids={"1": "x"},
    ).kept_until(NOW)
    other = replace(full, message_id="m-1")
    ledger.insert_many([full, other])
    bare = [Row(message_id=row.message_id, status=Status.INVALID, version=2) for row in (full, other)]

    assert ledger.replace_many(bare) == [True, True]

    assert standing(ledger, bare) == bare
    full_again = [replace(row, version=3) for row in (full, other)]
    assert ledger.replace_many(full_again) == [True, True]
    assert standing(ledger, full_again) == full_again


@pytest.mark.slow
def test_a_row_leaves_the_index_of_the_held_when_it_is_replaced_in_bulk(emulated_url: str) -> None:
    client = boto3.client("dynamodb", endpoint_url=emulated_url)
    table = f"Messages-{uuid4().hex}"
    create_table(client, table)
    ledger = DynamoLedger(client, table)
    held = [replace(row, status=Status.HELD) for row in rows(2)]
    ledger.insert_many(held)

    def held_now() -> set[str]:
        found = client.query(
            TableName=table,
            IndexName=HELD_INDEX,
            KeyConditionExpression="held = :stream",
            ExpressionAttributeValues={":stream": {"S": "transactional"}},
        )
        return {item["pk"]["S"] for item in found["Items"]}

    assert held_now() == {"m-0", "m-1"}
    ledger.replace_many([sent(row) for row in held])
    assert held_now() == set()


def test_of_many_racing_writers_one_wins_each_row(ledger: Ledger) -> None:
    outcomes: dict[str, list[object]] = {}
    start = threading.Barrier(RACERS)

    def race(owner: str) -> None:
        mine = [replace(row, owner=owner) for row in rows(MOST_STATEMENTS + 2)]
        start.wait()
        outcomes[owner] = list(ledger.insert_many(mine))

    threads = [threading.Thread(target=race, args=(f"o-{index}",)) for index in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == RACERS
    for place, row in enumerate(rows(MOST_STATEMENTS + 2)):
        stands = ledger.get(row.message_id)
        assert stands is not None
        for owner, told in outcomes.items():
            assert told[place] == (None if owner == stands.owner else stands)


# What people and other servers write; and marks that PartiQL reads in a way of its own.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", "'", "''", '"', "?", "'; DROP", "a\nb", "{'a': ?}", "\\", "--", "ñ 日本 🙂"]
)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  the zone is the next argument
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
numbers = st.integers(0, 10**6)
ids = (count(1)).__next__
any_row = st.builds(
    Row,
    message_id=st.builds(lambda: f"any-{ids()}"),
    status=st.sampled_from(Status),
    reason=texts,
    detail=texts,
    stream=texts,
    template=texts,
    fingerprint=texts,
    address_key=texts,
    email=texts,
    locale=texts,
    topic=texts,
    attempt=numbers,
    owner=texts,
    lease_until=st.none() | moments,
    ses_ids=st.dictionaries(st.integers(1, 9).map(str), texts, max_size=3),
    times=st.dictionaries(st.sampled_from(["accepted", "sent", REOPENED, "delivered"]), moments),
    notes=st.lists(texts, max_size=4).map(tuple),
    tags=st.dictionaries(texts.filter(bool), texts, max_size=3),
    bounce=texts,
    due=st.none() | moments,
    generation=numbers,
    evidence_after=st.none() | moments,
    failures=numbers,
    expires_at=st.none() | moments.map(lambda at: at.replace(microsecond=0)),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(any_row, any_row), min_size=1, max_size=6))
def test_whatever_two_rows_hold_the_second_takes_the_place_of_the_first(
    ledger: Ledger, pairs: list[tuple[Row, Row]]
) -> None:
    first = [before for before, _ in pairs]
    second = [replace(after, message_id=before.message_id, version=2) for before, after in pairs]

    assert ledger.insert_many(first) == [None] * len(pairs)
    assert standing(ledger, first) == first
    assert ledger.replace_many(second) == [True] * len(pairs)
    assert standing(ledger, second) == second
    assert ledger.replace_many(second) == [True] * len(pairs)
