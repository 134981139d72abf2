"""The ledger's contract, over the fake and over DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from postroad.contract.words import Status
from postroad.ledger.dynamodb import LONGEST_PAUSE_SECONDS, MOST_KEYS, MOST_ROUNDS, DynamoLedger
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.item import from_item, to_item
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.ports import Ledger
from postroad.ledger.row import MOST_NOTES, Row
from tests.races import hold_that_one_racing_insert_wins
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 22, 14, 0, 0, 123000, tzinfo=UTC)
ROW = Row(
    message_id="m-1",
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
    notes=("the locale fr fell back to en",),
    tags={"order": "1042"},
)


@pytest.fixture(params=["memory", "dynamodb", pytest.param("emulated", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "emulated":
        client = boto3.client("dynamodb", endpoint_url=request.getfixturevalue("emulated_url"))
        table = f"Messages-{uuid4().hex}"
        create_table(client, table)
        yield DynamoLedger(client, table)
        return
    if request.param == "memory":
        yield MemoryLedger()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Messages")
        yield DynamoLedger(client, "Messages")


def test_a_row_comes_back_as_it_was_written(ledger: Ledger) -> None:
    assert ledger.insert(ROW) is None
    assert ledger.get("m-1") == ROW


def test_no_row_is_no_row(ledger: Ledger) -> None:
    assert ledger.get("nothing") is None
    assert ledger.apply("nothing", lambda row: row) is None
    assert not ledger.replace(replace(ROW, version=2), expected=1)
    assert ledger.get("m-1") is None


def test_a_second_insert_finds_the_first(ledger: Ledger) -> None:
    ledger.insert(ROW)
    assert ledger.insert(replace(ROW, owner="another")) == ROW
    assert ledger.get("m-1") == ROW


def test_a_repetition_of_a_write_counts_as_written(ledger: Ledger) -> None:
    ledger.insert(ROW)
    assert ledger.insert(ROW) is None
    sent = replace(ROW, status=Status.SENT, version=2)
    assert ledger.replace(sent, expected=1)
    assert ledger.replace(sent, expected=1)


def test_a_stale_version_writes_nothing(ledger: Ledger) -> None:
    ledger.insert(ROW)
    sent = replace(ROW, status=Status.SENT, version=2)
    ledger.replace(sent, expected=1)
    assert not ledger.replace(replace(ROW, status=Status.FAILED, version=2), expected=1)
    assert ledger.get("m-1") == sent


def test_apply_survives_a_writer_in_between(ledger: Ledger) -> None:
    ledger.insert(ROW)
    meddled: list[bool] = []

    def change(row: Row) -> Row:
        if not meddled:
            meddled.append(ledger.replace(replace(row, reason="meddled", version=2), expected=1))
        return row.with_note("applied")

    changed = ledger.apply("m-1", change)

    assert changed is not None
    assert (changed.reason, changed.notes[-1], changed.version) == ("meddled", "applied", 3)
    assert ledger.get("m-1") == changed


def test_apply_writes_nothing_when_nothing_changes(ledger: Ledger) -> None:
    ledger.insert(ROW)
    assert ledger.apply("m-1", lambda _: None) == ROW
    assert ledger.apply("m-1", lambda row: row) == ROW
    assert ledger.get("m-1") == ROW


def test_one_of_many_racing_inserts_wins() -> None:
    # Over the fake alone: moto checks a condition and writes in two steps, so that two of its threads can
    # both win. tests/local holds the same over the emulated cloud's DynamoDB.
    hold_that_one_racing_insert_wins(MemoryLedger(), ROW)


def test_a_recipient_s_rows_come_newest_first_and_limited(ledger: Ledger) -> None:
    for index in range(5):
        accepted = {"accepted": NOW + timedelta(minutes=index)}
        ledger.insert(replace(ROW, message_id=f"m-{index}", times=accepted))
    ledger.insert(replace(ROW, message_id="other", address_key="k1.b"))

    rows = ledger.by_recipient("k1.a", limit=3)

    assert [row.message_id for row in rows] == ["m-4", "m-3", "m-2"]
    assert ledger.by_recipient("k1.a", limit=3, may_be_old=False) == rows
    assert ledger.by_recipient("k1.nobody", limit=3) == []
    older = ledger.by_recipient("k1.a", limit=3, until=rows[-1].times["accepted"])
    assert [row.message_id for row in older] == ["m-2", "m-1", "m-0"]


def test_an_item_says_no_more_than_the_row() -> None:
    bare = Row(message_id="m", status=Status.INVALID)
    assert set(to_item(bare)) == {"pk", "sk", "status", "version"}
    assert from_item(to_item(bare)) == bare


def test_an_end_comes_back_as_it_was_written(ledger: Ledger) -> None:
    row = replace(ROW, status=Status.SENT).kept_until(NOW)
    assert row.expires_at == NOW.replace(microsecond=0) + timedelta(seconds=1)
    ledger.insert(row)
    read = ledger.get("m-1")
    assert read == row
    assert read.kept_until(NOW) == read


def test_notes_are_bounded_and_not_repeated() -> None:
    row = ROW
    for index in range(MOST_NOTES * 2):
        row = row.with_note(f"note {index}").with_note(f"note {index}")
    assert len(row.notes) == MOST_NOTES
    assert row.notes[:2] == (*ROW.notes, "note 0")
    assert row.notes[-1] == f"note {MOST_NOTES * 2 - 1}"


def test_many_rows_come_by_message_id_and_the_missing_are_left_out(ledger: Ledger) -> None:
    rows = {f"m-{index}": replace(ROW, message_id=f"m-{index}") for index in range(MOST_KEYS + 5)}
    for row in rows.values():
        ledger.insert(row)

    asked = [*rows, "nothing", *rows, "nothing"]

    assert ledger.get_many(asked) == rows
    assert ledger.get_many([]) == {}
    assert ledger.get_many(["nothing"]) == {}


class Throttled:
    """DynamoDB answers one key of a batch at a time, and after `rounds` requests none."""

    def __init__(self, client: "DynamoDBClient", rounds: int) -> None:
        self.requests = 0
        self._rounds = rounds
        self._later: dict[str, Any] = {}
        client.meta.events.register("before-parameter-build.dynamodb.BatchGetItem", self._take_one)
        client.meta.events.register("after-call.dynamodb.BatchGetItem", self._leave_the_rest)

    def _take_one(self, params: dict[str, Any], **_: object) -> None:
        self.requests += 1
        ((table, asked),) = params["RequestItems"].items()
        some, later = asked["Keys"][:1], asked["Keys"][1:]
        if self.requests > self._rounds:
            later = asked["Keys"]
        self._later = {table: {**asked, "Keys": later}} if later else {}
        params["RequestItems"] = {table: {**asked, "Keys": some}}
        self._none = self.requests > self._rounds

    def _leave_the_rest(self, parsed: dict[str, Any], **_: object) -> None:
        parsed["UnprocessedKeys"] = self._later
        if self._none:
            parsed["Responses"] = {}


@pytest.mark.parametrize(("rounds", "succeeds"), [(99, True), (2, False)])
def test_what_dynamodb_leaves_for_later_is_asked_for_again_but_not_for_ever(
    rounds: int,
    succeeds: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Messages")
        pauses: list[float] = []
        ledger = DynamoLedger(client, "Messages", sleep=pauses.append)
        rows = {f"m-{index}": replace(ROW, message_id=f"m-{index}") for index in range(5)}
        for row in rows.values():
            ledger.insert(row)
        throttled = Throttled(client, rounds)

        if succeeds:
            assert ledger.get_many(list(rows)) == rows
            assert throttled.requests == 5
        else:
            with pytest.raises(LedgerUnavailableError):
                ledger.get_many(list(rows))
            assert throttled.requests == MOST_ROUNDS

        assert len(pauses) == throttled.requests - 1
        assert all(0 < pause <= LONGEST_PAUSE_SECONDS for pause in pauses)
