"""What waits for an operator is found, over the fake and over DynamoDB's index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from postroad.contract.words import Reason, Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import REOPENED, Row
from postroad.redriving.dynamodb import DynamoHeld
from postroad.redriving.memory import MemoryHeld
from tests.tables import create_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postroad.ledger.ports import Ledger
    from postroad.redriving.ports import HeldMessages

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
HELD = Row(message_id="m-1", status=Status.HELD, reason=Reason.UNKNOWN_OUTCOME, stream="transactional")


@dataclass(frozen=True)
class Stores:
    ledger: Ledger
    held: HeldMessages

    def ids(self, stream: str = "transactional") -> list[str]:
        return sorted(self.held.of(stream))

    def write(self, row: Row) -> None:
        """Let the row be the next version of its message."""
        standing = self.ledger.get(row.message_id)
        if standing is None:
            assert self.ledger.insert(row) is None
        else:
            following = replace(row, version=standing.version + 1)
            assert self.ledger.replace(following, expected=standing.version)


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        ledger = MemoryLedger()
        yield Stores(ledger, MemoryHeld(ledger))
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Messages")
        yield Stores(DynamoLedger(client, "Messages"), DynamoHeld(client, "Messages"))


def test_only_what_is_held_on_this_stream_is_found(stores: Stores) -> None:
    for status in Status:
        stores.write(replace(HELD, message_id=f"m-{status}", status=status))
    stores.write(replace(HELD, message_id="other", stream="marketing"))
    assert stores.ids() == ["m-held"]
    assert stores.ids("marketing") == ["other"]
    assert stores.ids("nothing") == []


@pytest.mark.parametrize(
    "then",
    [
        replace(HELD, status=Status.CANCELLED, reason=Reason.DROPPED_BY_OPERATOR),
        replace(HELD, status=Status.DELIVERED, reason=""),
        replace(HELD, status=Status.CLAIMED, reason="", owner="run-2", times={REOPENED: NOW}),
    ],
    ids=lambda row: row.status.value,
)
def test_what_is_decided_is_found_no_more(stores: Stores, then: Row) -> None:
    stores.write(HELD)
    stores.write(then)
    assert stores.ids() == []


def test_what_was_re_opened_is_found_until_somebody_claims_it(stores: Stores) -> None:
    stores.write(HELD)
    stores.write(replace(HELD, status=Status.CLAIMED, reason="", times={REOPENED: NOW}))
    assert stores.ids() == ["m-1"]


def test_an_open_claim_that_no_operator_opened_is_not_found(stores: Stores) -> None:
    stores.write(replace(HELD, status=Status.CLAIMED, reason=""))
    assert stores.ids() == []


def test_every_page_is_read() -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Messages")
        ledger = DynamoLedger(client, "Messages")
        for number in range(5):
            ledger.insert(replace(HELD, message_id=f"m-{number}"))

        def one_at_a_time(params: dict[str, object], **_: object) -> None:
            params["Limit"] = 1

        client.meta.events.register("provide-client-params.dynamodb.Query", one_at_a_time)
        assert len(list(DynamoHeld(client, "Messages").of("transactional"))) == 5


def test_an_index_that_can_t_be_asked_says_so() -> None:
    with mock_aws():
        held = DynamoHeld(boto3.client("dynamodb"), "Nowhere")
        with pytest.raises(LedgerUnavailableError, match="ResourceNotFoundException"):
            next(held.of("transactional"))
