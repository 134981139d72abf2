"""The contract of the evidence's stores, over the fakes, and over DynamoDB, S3 and SQS."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from postroad.evidence.dynamodb import MARK_LIFE, DynamoAppliedObjects, DynamoCanaryPatience, DynamoWatermarks
from postroad.evidence.errors import EvidenceUnavailableError
from postroad.evidence.memory import (
    MemoryAppliedObjects,
    MemoryCanaryPatience,
    MemoryEventObjects,
    MemoryWatermarks,
)
from postroad.evidence.notification import keys_of
from postroad.evidence.patience import Patience
from postroad.evidence.ports import AppliedObjects, CanaryPatience, EventObjects, MovingWatermarks
from postroad.evidence.s3 import PIECE_BYTES, S3EventObjects
from postroad.evidence.sqs import SqsNotices
from tests.emulated_dynamodb import emulated_cloud
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

T0 = datetime(2026, 11, 22, 14, 0, 0, 123000, UTC)
SECOND = timedelta(seconds=1)
BUCKET = "events-of-the-tests"
KEY = "events/2026/11/22/14/s-1-2026-11-22-14-03-11-a"


@dataclass
class Stores:
    """One implementation of each port."""

    watermarks: MovingWatermarks
    applied: AppliedObjects
    patience: CanaryPatience
    objects: EventObjects
    put_object: Callable[[str, bytes], object] | None = None

    def put(self, key: str, data: bytes) -> None:
        if isinstance(self.objects, MemoryEventObjects):
            self.objects.objects[key] = data
        else:
            assert self.put_object is not None
            self.put_object(key, data)


@pytest.fixture(scope="module")
def emulated_url() -> Iterator[str]:
    with emulated_cloud() as url:
        yield url


@pytest.fixture(params=["memory", "aws", pytest.param("emulated", marks=pytest.mark.slow)])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "emulated":
        url = request.getfixturevalue("emulated_url")
        yield over_aws(boto3.client("dynamodb", endpoint_url=url), boto3.client("s3", endpoint_url=url))
        return
    if request.param == "memory":
        yield Stores(
            MemoryWatermarks(),
            MemoryAppliedObjects(),
            MemoryCanaryPatience(),
            MemoryEventObjects(),
        )
        return
    with mock_aws():
        yield over_aws(boto3.client("dynamodb"), boto3.client("s3"))


def over_aws(dynamodb: "DynamoDBClient", s3: "S3Client") -> Stores:
    table, bucket = f"Schedule-{uuid4().hex}", f"events-{uuid4().hex}"
    create_table(dynamodb, table)
    s3.create_bucket(Bucket=bucket)
    return Stores(
        DynamoWatermarks(dynamodb, table),
        DynamoAppliedObjects(dynamodb, table),
        DynamoCanaryPatience(dynamodb, table),
        S3EventObjects(s3, bucket),
        lambda key, data: s3.put_object(Bucket=bucket, Key=key, Body=data),
    )


def test_a_watermark_only_goes_on(stores: Stores) -> None:
    marks = stores.watermarks
    assert marks.read("shop") is None
    marks.advance("shop", T0)
    assert marks.read("shop") == T0
    marks.advance("shop", T0 - SECOND)
    marks.advance("shop", T0)
    assert marks.read("shop") == T0
    marks.advance("shop", T0 + SECOND)
    assert marks.read("shop") == T0 + SECOND
    assert marks.read("news") is None


# Not over moto, which checks a condition and writes in two steps.
@pytest.mark.parametrize(
    "stores", ["memory", pytest.param("emulated", marks=pytest.mark.slow)], indirect=True
)
def test_of_many_who_move_a_watermark_at_once_the_furthest_one_wins(stores: Stores) -> None:
    times = [T0 + SECOND * (index * 17 % 40) for index in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda to: stores.watermarks.advance("shop", to), times))
    assert stores.watermarks.read("shop") == max(times)


def test_an_applied_object_is_found_by_its_key_and_by_its_hour(stores: Stores) -> None:
    applied = stores.applied
    assert not applied.has(KEY)
    assert applied.of_hour(T0) == {}
    sends = {"shop": T0, "news": T0 + SECOND}
    applied.mark(KEY, sends, now=T0)
    applied.mark(KEY, sends, now=T0 + SECOND)
    applied.mark(KEY + "b", {}, now=T0)
    applied.mark(KEY.replace("14", "15"), {}, now=T0)
    assert applied.has(KEY)
    assert not applied.has(KEY + "c")
    assert applied.of_hour(datetime(2026, 11, 22, 14, tzinfo=UTC)) == {KEY: sends, KEY + "b": {}}


def test_a_key_without_a_time_is_not_marked(stores: Stores) -> None:
    stores.applied.mark("events/by-hand", {"shop": T0}, now=T0)
    assert not stores.applied.has("events/by-hand")


def test_the_patience_comes_back_as_it_was_written_one_version_on(stores: Stores) -> None:
    assert stores.patience.read("shop") == Patience()
    stores.patience.write("shop", Patience(accepted_at=T0, owing_since=T0 - SECOND))
    written = stores.patience.read("shop")
    assert written == Patience(accepted_at=T0, owing_since=T0 - SECOND, version=1)
    stores.patience.write("shop", replace(written, owing_since=None))
    assert stores.patience.read("shop") == Patience(accepted_at=T0, version=2)
    assert stores.patience.read("news") == Patience()


def test_of_two_who_remember_at_once_the_first_stands(stores: Stores) -> None:
    for version in range(2):
        stores.patience.write("shop", Patience(accepted_at=T0, version=version))
        stores.patience.write("shop", Patience(accepted_at=T0 + SECOND, version=version))
        assert stores.patience.read("shop") == Patience(accepted_at=T0, version=version + 1)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES * 2 + 1])
def test_an_object_comes_back_in_pieces(stores: Stores, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    stores.put(KEY, data)
    pieces = stores.objects.read(KEY)
    assert pieces is not None
    read = list(pieces)
    assert b"".join(read) == data
    assert all(len(piece) <= PIECE_BYTES for piece in read)


def test_an_object_that_is_not_there_is_none(stores: Stores) -> None:
    assert stores.objects.read(KEY) is None


def test_keys_come_in_the_order_of_their_bytes_after_the_one_asked_for(stores: Stores) -> None:
    keys = [f"events/2026/11/22/{name}" for name in ("14/a", "14/b", "14/é", "15/a", "15/b+ c")]
    for key in reversed(keys):
        stores.put(key, b"")
    assert stores.objects.keys(after="events/", limit=100) == keys
    assert stores.objects.keys(after="events/2026/11/22/14/", limit=100) == keys
    assert stores.objects.keys(after=keys[1], limit=2) == keys[2:4]
    assert stores.objects.keys(after=keys[-1], limit=100) == []


def test_pages_are_followed_up_to_the_limit_and_errors_are_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postroad.evidence.s3.MOST_IN_PAGE", 1)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        keys = [f"events/2026/11/22/14/{name}" for name in "abcdef"]
        for key in (*keys, "errors/x", "zeroes/y"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
        objects = S3EventObjects(s3, BUCKET)
        assert objects.keys(after="events/", limit=100) == keys
        assert objects.keys(after="events/", limit=4) == keys[:4]


def one_at_a_time(params: dict[str, Any], **_: object) -> None:
    params["Limit"] = 1


def test_a_mark_ends_by_itself_after_three_days_and_an_hour_is_read_page_by_page() -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_table(client, "Schedule")
        applied = DynamoAppliedObjects(client, "Schedule")
        client.meta.events.register("before-parameter-build.dynamodb.Query", one_at_a_time)
        keys = [f"{KEY}-{index}" for index in range(5)]
        for key in keys:
            applied.mark(key, {}, now=T0)
        assert list(applied.of_hour(T0)) == keys
        (item, *_) = client.scan(TableName="Schedule")["Items"]
        assert int(item["ttl"]["N"]) == int((T0 + MARK_LIFE).timestamp())


def test_notices_are_what_s3_would_say_and_each_is_sent() -> None:
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="events")["QueueUrl"]
        keys = [f"{KEY} {index}" for index in range(23)]
        SqsNotices(sqs, url, bucket=BUCKET).send(keys, now=T0)
        told = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            told += [
                key for message in messages for key in keys_of(json.loads(message["Body"]), bucket=BUCKET)
            ]
        assert sorted(told) == sorted(keys)


def test_what_aws_refuses_is_an_error_to_try_again_after() -> None:
    with mock_aws():
        dynamodb, s3, sqs = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs")
        queue = sqs.create_queue(QueueName="events")["QueueUrl"]
        watermarks = DynamoWatermarks(dynamodb, "missing")
        applied = DynamoAppliedObjects(dynamodb, "missing")
        patience = DynamoCanaryPatience(dynamodb, "missing")
        objects = S3EventObjects(s3, "missing-bucket")
        for ask in (
            lambda: watermarks.read("shop"),
            lambda: watermarks.advance("shop", T0),
            lambda: applied.mark(KEY, {}, now=T0),
            lambda: applied.has(KEY),
            lambda: applied.of_hour(T0),
            lambda: patience.read("shop"),
            lambda: patience.write("shop", Patience()),
            lambda: objects.read(KEY),
            lambda: objects.keys(after="", limit=1),
            lambda: SqsNotices(sqs, queue + "x", bucket=BUCKET).send([KEY], now=T0),
        ):
            with pytest.raises(EvidenceUnavailableError) as refused:
                ask()
            assert isinstance(refused.value.__cause__, ClientError)
