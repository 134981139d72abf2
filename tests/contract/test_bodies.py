"""Kept bodies, over the fake and over DynamoDB with S3."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import boto3
import pytest
from moto import mock_aws

from postroad.bodies.dynamodb import MOST_IN_ITEM, PREFIX, DynamoBodies, folder_of
from postroad.bodies.errors import BodiesUnavailableError
from postroad.bodies.memory import MemoryBodies
from postroad.bodies.ports import Bodies, Kept, KeptBodies, ManyBodies, Whole
from tests.tables import create_table

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=60)


class Store(Bodies, ManyBodies, KeptBodies, Protocol):
    """All sides of the store: that of `send`, that of `dispatch`, and the operator's."""


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


@pytest.mark.parametrize(
    ("kept_days", "folder_days"), [(22, 60), (60, 60), (61, 420), (388, 420), (421, 4200), (4038, 4200)]
)
def test_a_large_body_outlives_what_waits_for_it(kept_days: int, folder_days: int) -> None:
    assert folder_of(timedelta(days=kept_days)) == f"bodies/{folder_days}-days/"


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


def test_many_come_back_at_once_and_what_is_not_kept_is_left_out(bodies: Store) -> None:
    large = secrets.token_hex(MOST_IN_ITEM * 2)
    for number in range(120):
        bodies.put(f"m-{number}", "f-1", f'{{"number": {number}}}', first_sent=NOW, until=UNTIL)
    bodies.put("m-1", "f-2", large, first_sent=UNTIL, until=UNTIL)
    wanted = [*((f"m-{number}", "f-1") for number in range(130)), ("m-1", "f-2"), ("m-0", "f-1")]

    found = bodies.get_many(wanted)

    assert found == {
        **{(f"m-{number}", "f-1"): Whole(f'{{"number": {number}}}', NOW) for number in range(120)},
        ("m-1", "f-2"): Whole(large, UNTIL),
    }
    assert bodies.get_many([]) == {}


class Answering:
    """A table under moto, whose batched reads leave keys over as they are told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answered: list[int]) -> None:
        self.client, self.s3 = boto3.client("dynamodb"), boto3.client("s3")
        create_table(self.client, "Bodies")
        self.s3.create_bucket(Bucket="bucket")
        self.pauses: list[float] = []
        self.bodies = DynamoBodies(
            self.client, "Bodies", s3=self.s3, bucket="bucket", pause=self.pauses.append
        )
        for number in range(10):
            self.bodies.put(f"m-{number}", "f-1", "{}", first_sent=NOW, until=UNTIL)
        self.keys = [(f"m-{number}", "f-1") for number in range(10)]
        self._ask, self._answered = self.client.batch_get_item, iter(answered)
        monkeypatch.setattr(self.client, "batch_get_item", self._some)

    def _some(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  boto3's name
        request = RequestItems["Bodies"]
        assert request["ConsistentRead"] is True
        most = next(self._answered, 0)
        first, rest = request["Keys"][:most], request["Keys"][most:]
        responses = self._ask(RequestItems={"Bodies": {"Keys": first}})["Responses"] if first else {}
        return {
            "Responses": responses,
            "UnprocessedKeys": {"Bodies": {**request, "Keys": rest}} if rest else {},
        }


@pytest.mark.parametrize(
    ("answered", "pauses"), [([10], 0), ([1] * 10, 0), ([0, 0, 4, 0, 6], 3)], ids=["all", "single", "late"]
)
def test_keys_that_are_left_over_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, answered: list[int], pauses: int
) -> None:
    with mock_aws():
        table = Answering(monkeypatch, answered)
        assert set(table.bodies.get_many(table.keys)) == set(table.keys)
        assert len(table.pauses) == pauses


def test_keys_that_are_always_left_over_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        table = Answering(monkeypatch, [3])
        with pytest.raises(BodiesUnavailableError, match="keeps leaving keys over"):
            table.bodies.get_many(table.keys)
        assert len(table.pauses) == 6


def test_a_body_whose_object_is_gone_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        table = Answering(monkeypatch, [10, 10])
        table.bodies.put("m-1", "f-1", secrets.token_hex(MOST_IN_ITEM * 2), first_sent=NOW, until=UNTIL)
        assert set(table.bodies.get_many(table.keys)) == set(table.keys)
        (stored,) = table.s3.list_objects_v2(Bucket="bucket")["Contents"]
        table.s3.delete_object(Bucket="bucket", Key=stored["Key"])
        assert set(table.bodies.get_many(table.keys)) == set(table.keys) - {("m-1", "f-1")}
        assert table.bodies.get("m-1", "f-1") is None
