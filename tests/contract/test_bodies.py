"""Kept bodies, over the fake and over DynamoDB with S3."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import boto3
import pytest
from moto import mock_aws

from postroad.bodies.dynamodb import MOST_IN_ITEM, PREFIX, DynamoBodies
from postroad.bodies.errors import BodiesUnavailableError
from postroad.bodies.memory import MemoryBodies
from postroad.bodies.ports import Bodies, Kept, KeptBodies
from tests.tables import create_table

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=60)


class Store(Bodies, KeptBodies, Protocol):
    """Both sides of the store: that of `send`, and the operator's."""


@pytest.fixture(params=["memory", "dynamodb"])
def bodies(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryBodies()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Bodies")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        yield DynamoBodies(client, "Bodies", s3=s3, bucket="bucket")


def test_a_body_comes_back_to_the_letter(bodies: Store) -> None:
    bodies.put("m-1", "f-1", '{"name": "王 Ana\\n"}', first_sent=NOW, until=UNTIL)
    assert bodies.get("m-1", "f-1") == '{"name": "王 Ana\\n"}'


def test_a_second_body_replaces_the_first_and_a_deleted_one_is_gone(bodies: Store) -> None:
    bodies.put("m-1", "f-1", "one", first_sent=NOW, until=UNTIL)
    bodies.put("m-1", "f-1", "two", first_sent=NOW, until=UNTIL)
    assert bodies.get("m-1", "f-1") == "two"
    bodies.delete("m-1", "f-1")
    bodies.delete("m-1", "f-1")
    assert bodies.get("m-1", "f-1") is None


def test_a_body_too_large_for_an_item_comes_back_too(bodies: Store) -> None:
    body = secrets.token_hex(MOST_IN_ITEM * 2)
    bodies.put("large", "f-1", body, first_sent=NOW, until=UNTIL)
    assert bodies.get("large", "f-1") == body


def test_a_large_body_lies_in_s3_and_a_small_one_does_not() -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        bodies = DynamoBodies(boto3.client("dynamodb"), "missing", s3=s3, bucket="bucket")
        with pytest.raises(BodiesUnavailableError):
            bodies.put("small", "f-1", "small", first_sent=NOW, until=UNTIL)
        assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0
        with pytest.raises(BodiesUnavailableError):
            bodies.put("large", "f-1", secrets.token_hex(MOST_IN_ITEM * 2), first_sent=NOW, until=UNTIL)
        assert s3.list_objects_v2(Bucket="bucket")["Contents"][0]["Key"].startswith(PREFIX)


def test_what_is_kept_is_listed_page_by_page(bodies: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(bodies.all()) == bodies.of("m-1") == []
    for number in range(3):
        bodies.put(f"m-{number}", "f-1", "one", first_sent=NOW, until=UNTIL)
    bodies.put("m-1", "f-2", "two", first_sent=UNTIL, until=UNTIL)
    if isinstance(bodies, DynamoBodies):
        _one_at_a_time(bodies, monkeypatch)

    assert sorted((kept.message_id, kept.fingerprint) for kept in bodies.all()) == [
        ("m-0", "f-1"),
        ("m-1", "f-1"),
        ("m-1", "f-2"),
        ("m-2", "f-1"),
    ]
    assert sorted(bodies.of("m-1"), key=lambda kept: kept.fingerprint) == [
        Kept("m-1", "f-1", NOW),
        Kept("m-1", "f-2", UNTIL),
    ]


def _one_at_a_time(bodies: DynamoBodies, monkeypatch: pytest.MonkeyPatch) -> None:
    client = bodies._client
    for operation in ("scan", "query"):
        ask = getattr(client, operation)
        monkeypatch.setattr(
            client,
            operation,
            lambda ask=ask, **words: ask(**words, Limit=1),
        )


def test_a_list_that_can_t_be_read_is_told_as_such() -> None:
    with mock_aws():
        bodies = DynamoBodies(boto3.client("dynamodb"), "missing", s3=boto3.client("s3"), bucket="bucket")
        with pytest.raises(BodiesUnavailableError):
            list(bodies.all())
        with pytest.raises(BodiesUnavailableError):
            bodies.of("m-1")
