"""What `Marks` keep to: those in memory and those in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from postroad.contract.words import Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.web.dynamodb import DynamoMarks
from postroad.web.errors import MarkUnavailableError
from postroad.web.memory import MemoryMarks
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.ledger.ports import Ledger
    from postroad.web.ports import Marks

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROW = Row(
    message_id="news-1",
    status=Status.DELIVERED,
    stream="marketing",
    address_key="k1.ana",
    topic="offers",
    times={"sent": NOON - timedelta(hours=2)},
    version=3,
)


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[Ledger, Marks]]:
    if request.param == "memory":
        ledger = MemoryLedger()
        ledger.insert(ROW)
        yield ledger, MemoryMarks(ledger)
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client)
        found = DynamoLedger(client, "Messages")
        found.insert(ROW)
        yield found, DynamoMarks(client, "Messages")


def test_the_first_time_is_noted_and_the_row_is_a_newer_one(stores: tuple[Ledger, Marks]) -> None:
    ledger, marks = stores
    marks.mark("news-1", "k1.ana", "offers", now=NOON)
    marked = replace(ROW.with_time("left", NOON), version=4)
    assert ledger.get("news-1") == marked
    marks.mark("news-1", "k1.ana", "offers", now=NOON + timedelta(days=1))
    marks.mark("news-1", "k1.ana", "offers", now=NOON - timedelta(days=1))
    assert ledger.get("news-1") == marked


@pytest.mark.parametrize(
    ("message_id", "address_key", "topic"),
    [
        ("news-1", "k1.bob", "offers"),
        ("news-1", "k1.ana", "news"),
        ("news-2", "k1.ana", "offers"),
        ("!", "k1.ana", "offers"),
    ],
    ids=["somebody else's", "another topic's", "unknown", "none"],
)
def test_no_other_row_is_marked_or_made(
    stores: tuple[Ledger, Marks], message_id: str, address_key: str, topic: str
) -> None:
    ledger, marks = stores
    marks.mark(message_id, address_key, topic, now=NOON)
    assert ledger.get("news-1") == ROW
    assert ledger.get("news-2") is None


def test_who_writes_the_row_at_the_same_time_notices(stores: tuple[Ledger, Marks]) -> None:
    ledger, marks = stores
    marks.mark("news-1", "k1.ana", "offers", now=NOON)
    opened = replace(ROW, reason="an event", version=4)
    assert not ledger.replace(opened, expected=3)
    assert ledger.apply("news-1", lambda row: replace(row, reason="an event", version=row.version + 1))
    found = ledger.get("news-1")
    assert found is not None
    assert (found.reason, found.times["left"], found.version) == ("an event", NOON, 5)


def test_a_redacted_row_is_nobodys(stores: tuple[Ledger, Marks]) -> None:
    ledger, marks = stores
    redacted = replace(ROW, address_key="", version=4)
    assert ledger.replace(redacted, expected=3)
    marks.mark("news-1", "k1.ana", "offers", now=NOON)
    assert ledger.get("news-1") == redacted


def test_a_table_that_is_gone_is_unavailable() -> None:
    with mock_aws():
        marks = DynamoMarks(boto3.client("dynamodb"), "Messages")
        with pytest.raises(MarkUnavailableError):
            marks.mark("news-1", "k1.ana", "offers", now=NOON)
