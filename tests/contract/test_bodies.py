"""Kept bodies, over the fake and over DynamoDB with S3."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from postroad.bodies.dynamodb import MOST_IN_ITEM, PREFIX, DynamoBodies
from postroad.bodies.errors import BodiesUnavailableError
from postroad.bodies.memory import MemoryBodies
from postroad.bodies.ports import Bodies
from tests.tables import create_table

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=60)


@pytest.fixture(params=["memory", "dynamodb"])
def bodies(request: pytest.FixtureRequest) -> Iterator[Bodies]:
    if request.param == "memory":
        yield MemoryBodies()
        return
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Bodies")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        yield DynamoBodies(client, "Bodies", s3=s3, bucket="bucket")


def test_a_body_comes_back_to_the_letter(bodies: Bodies) -> None:
    bodies.put("m-1", "f-1", '{"name": "王 Ana\\n"}', first_sent=NOW, until=UNTIL)
    assert bodies.get("m-1", "f-1") == '{"name": "王 Ana\\n"}'


def test_a_second_body_replaces_the_first_and_a_deleted_one_is_gone(bodies: Bodies) -> None:
    bodies.put("m-1", "f-1", "one", first_sent=NOW, until=UNTIL)
    bodies.put("m-1", "f-1", "two", first_sent=NOW, until=UNTIL)
    assert bodies.get("m-1", "f-1") == "two"
    bodies.delete("m-1", "f-1")
    bodies.delete("m-1", "f-1")
    assert bodies.get("m-1", "f-1") is None


def test_a_body_too_large_for_an_item_comes_back_too(bodies: Bodies) -> None:
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
