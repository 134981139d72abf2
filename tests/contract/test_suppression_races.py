"""Suppressions in DynamoDB where others write at once, and where the table doesn't do what it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.errors import SuppressionsBusyError, SuppressionsUnavailableError
from postroad.suppression.model import ALL_STREAMS, stream_scope
from tests.suppressions import BOUNCE, COMPLAINT, EMAIL, KEY, NOON, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow


def interleave(client: DynamoDBClient, other: Callable[[], object]) -> None:
    """Let another writer in between this one's read and its write."""
    waiting = [other]

    def run(**_event: object) -> None:
        if waiting:
            waiting.pop()()

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", run)


def test_two_bounces_at_once_leave_one_entry_and_both_lines(dynamodb: DynamoDBClient) -> None:
    store = DynamoSuppressions(dynamodb, TABLE, pause=lambda _: None)
    interleave(dynamodb, lambda: store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT))

    assert not store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == COMPLAINT
    assert [line.evidence for line in store.history(KEY)] == [BOUNCE.evidence, COMPLAINT.evidence]


def test_two_copies_at_once_write_one_line_of_history(dynamodb: DynamoDBClient) -> None:
    store = DynamoSuppressions(dynamodb, TABLE, pause=lambda _: None)
    interleave(dynamodb, lambda: store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE))

    assert not store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    assert len(store.history(KEY)) == 1


def test_two_scopes_at_once_lose_neither(dynamodb: DynamoDBClient) -> None:
    store = DynamoSuppressions(dynamodb, TABLE, pause=lambda _: None)
    interleave(dynamodb, lambda: store.suppress(KEY, EMAIL, stream_scope("marketing"), BOUNCE))

    assert store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)

    assert set(store.find([KEY])[KEY].scopes) == {"all", "stream:marketing"}


def test_a_complaint_during_a_lift_is_not_lost_with_it(dynamodb: DynamoDBClient) -> None:
    store = DynamoSuppressions(dynamodb, TABLE, pause=lambda _: None)
    store.suppress(KEY, EMAIL, stream_scope("marketing"), BOUNCE)
    interleave(dynamodb, lambda: store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT))

    assert store.lift(KEY, stream_scope("marketing"), source="operator:support", now=NOON)

    assert dict(store.find([KEY])[KEY].scopes) == {ALL_STREAMS: COMPLAINT}


def test_a_lift_and_a_new_entry_during_a_write_are_noticed(dynamodb: DynamoDBClient) -> None:
    """What stands looks the same as before (one entry, once more), and yet it is not what was read."""
    store = DynamoSuppressions(dynamodb, TABLE, pause=lambda _: None)
    store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE)

    def lift_and_suppress() -> None:
        store.lift(KEY, ALL_STREAMS, source="operator:support", now=NOON + timedelta(days=1))
        store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)

    interleave(dynamodb, lift_and_suppress)
    late = replace(BOUNCE, since=NOON + timedelta(days=2), evidence="feedback 0300")

    assert not store.suppress(KEY, EMAIL, ALL_STREAMS, late)

    assert store.find([KEY])[KEY].scopes[ALL_STREAMS] == COMPLAINT
    assert len(store.history(KEY)) == 4


def test_a_writer_that_never_gets_in_gives_up_and_says_so(dynamodb: DynamoDBClient) -> None:
    pauses: list[float] = []
    store = DynamoSuppressions(dynamodb, TABLE, pause=pauses.append)
    others = iter(range(1_000))
    busy = False

    def run(**_event: object) -> None:
        nonlocal busy
        if not busy:
            busy = True
            store.suppress(KEY, EMAIL, stream_scope(f"s{next(others)}"), BOUNCE)
            busy = False

    dynamodb.meta.events.register_first("before-call.dynamodb.TransactWriteItems", run)

    with pytest.raises(SuppressionsBusyError):
        store.suppress(KEY, EMAIL, ALL_STREAMS, COMPLAINT)
    assert len(pauses) == 10


def test_keys_that_dynamodb_left_unread_are_read_again() -> None:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    item: dict[str, Any] = {
        "pk": {"S": KEY},
        "sk": {"S": "current"},
        "email": {"S": EMAIL},
        "version": {"N": "1"},
        "scopes": {"M": {}},
    }
    item["scopes"]["M"]["all"] = {
        "M": {
            "reason": {"S": "hard_bounce"},
            "source": {"S": "feedback"},
            "since": {"S": "2026-11-22T12:00:00.123456Z"},
            "evidence": {"S": "feedback 0102"},
        }
    }
    keys = [{"pk": {"S": KEY}, "sk": {"S": "current"}}]
    asked = {TABLE: {"Keys": keys, "ConsistentRead": True}}
    with Stubber(client) as stub:
        stub.add_response(
            "batch_get_item", {"Responses": {}, "UnprocessedKeys": asked}, {"RequestItems": asked}
        )
        stub.add_response("batch_get_item", {"Responses": {TABLE: [item]}}, {"RequestItems": asked})
        found = DynamoSuppressions(client, TABLE, pause=lambda _: None).find([KEY])
        stub.assert_no_pending_responses()
    assert found[KEY].scopes[ALL_STREAMS] == BOUNCE


def test_a_table_that_can_not_be_read_is_said_to_be_unavailable(dynamodb: DynamoDBClient) -> None:
    store = DynamoSuppressions(dynamodb, "no-such-table", pause=lambda _: None)

    for ask in (
        lambda: store.find([KEY]),
        lambda: store.suppress(KEY, EMAIL, ALL_STREAMS, BOUNCE),
        lambda: list(store.pages()),
    ):
        with pytest.raises(SuppressionsUnavailableError, match="ResourceNotFoundException"):
            ask()


def test_what_a_change_is_decided_on_is_read_consistently() -> None:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    asked = {
        "TableName": TABLE,
        "KeyConditionExpression": ANY,
        "ExpressionAttributeValues": ANY,
        "ConsistentRead": True,
    }
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": []}, asked)
        assert not DynamoSuppressions(client, TABLE).lift(KEY, ALL_STREAMS, source="operator", now=NOON)
        stub.assert_no_pending_responses()
