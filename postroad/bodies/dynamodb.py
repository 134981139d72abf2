"""Kept bodies in the table Bodies, gzipped; those too large for an item lie in S3.

The partition key is the message id, the sort key `body#` and the fingerprint. An object in S3 lies under the
number of days after which the bucket's lifecycle deletes it, which outlasts its item.
"""

from __future__ import annotations

import gzip
import time
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.bodies.errors import BodiesUnavailableError
from postroad.bodies.ports import Kept, Whole
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

SORT_KEY = "body#"
PREFIX = "bodies/"
KEPT_DAYS = (60, 420, 4200)
"""What may lie in S3 for how long: what is held or due soon, due within a year, or kept for years."""
WITHOUT_BODY = "pk, sk, first_sent"
MOST_IN_ITEM = 300_000
"""Compressed bytes past this go to S3: an item holds 400 KB, with its names and keys."""
MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request."""
MOST_OBJECTS = 1000
"""DeleteObjects takes no more keys than this in one request."""
PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""How long to wait before each further try of what DynamoDB left over, while nothing new comes."""


class DynamoBodies:
    """`Bodies` over a table, and the prefix `bodies/` of a bucket."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        s3: S3Client,
        bucket: str,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use these low-level clients, this table and this bucket; `pause` takes seconds."""
        self._client = client
        self._table = table_name
        self._s3 = s3
        self._bucket = bucket
        self._pause = pause

    def put(
        self, message_id: str, fingerprint: str, body: str, *, first_sent: datetime, until: datetime
    ) -> None:
        """Keep this body until `until`: the object first, so that an item never points at nothing."""
        packed = gzip.compress(body.encode(), mtime=0)
        item: dict[str, AttributeValueTypeDef] = {
            **_key(message_id, fingerprint),
            "first_sent": {"N": str(milliseconds(first_sent))},
            "ttl": {"N": str(milliseconds(until) // 1000)},
        }
        with _asking():
            if len(packed) > MOST_IN_ITEM:
                name = _object_name(message_id, fingerprint)
                # Since `first_sent` at the earliest: so the object lives longer than it is asked for.
                key = folder_of(until - first_sent) + name
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=packed)
                item["s3_key"] = {"S": key}
            else:
                item["gzip"] = {"B": packed}
            self._client.put_item(TableName=self._table, Item=item)

    def get(self, message_id: str, fingerprint: str) -> str | None:
        """Return the body, or None."""
        with _asking():
            item = self._client.get_item(
                TableName=self._table, Key=_key(message_id, fingerprint), ConsistentRead=True
            ).get("Item")
            return None if item is None else self._unpack(item)

    def get_many(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Whole]:
        """Return those bodies that are kept, a hundred at a request."""
        wanted = [_key(*key) for key in dict.fromkeys(keys)]
        found: dict[tuple[str, str], Whole] = {}
        with _asking():
            for at in range(0, len(wanted), MOST_KEYS):
                for item in self._read_all(wanted[at : at + MOST_KEYS]):
                    body = self._unpack(item)
                    if body is not None:
                        kept = _kept(item)
                        found[kept.message_id, kept.fingerprint] = Whole(body, kept.first_sent)
        return found

    def delete(self, message_id: str, fingerprint: str) -> None:
        """Forget the body; what lies in S3 goes by the bucket's own lifecycle."""
        with _asking():
            self._client.delete_item(TableName=self._table, Key=_key(message_id, fingerprint))

    def erase(self, messages: Sequence[tuple[str, str]]) -> int:
        """Forget all that is kept of these messages, by id and fingerprint; return how many bodies.

        Beside what their items point at, the objects of items that went before: `delete` leaves those to the
        lifecycle. An object goes before its item, so whoever is killed in between finds it again. Needs
        dynamodb:Query, dynamodb:DeleteItem and s3:DeleteObject.
        """
        items = [
            item
            for message_id in dict.fromkeys(each for each, _ in messages)
            for item in self._of(message_id)
        ]
        objects = [item["s3_key"]["S"] for item in items if "s3_key" in item]
        for message_id, fingerprint in messages:
            if fingerprint:
                name = _object_name(message_id, fingerprint)
                objects += [f"{PREFIX}{days}-days/{name}" for days in KEPT_DAYS]
        with _asking():
            for start in range(0, len(objects), MOST_OBJECTS):
                some: list[ObjectIdentifierTypeDef] = [
                    {"Key": key} for key in dict.fromkeys(objects[start : start + MOST_OBJECTS])
                ]
                answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})
                if errors := answer.get("Errors"):
                    code = errors[0].get("Code", "unknown")
                    raise BodiesUnavailableError(f"a kept body can't be deleted from S3: {code}")
            for item in items:
                self._client.delete_item(TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]})
        return len(items)

    def _of(self, message_id: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :id",
            ExpressionAttributeValues={":id": {"S": message_id}},
            ProjectionExpression="pk, sk, s3_key",
            ConsistentRead=True,
        )
        with _asking():
            return [item for page in pages for item in page["Items"]]

    def of(self, message_id: str) -> list[Kept]:
        """Return what is kept of one message, by consistent reads."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :id",
            ExpressionAttributeValues={":id": {"S": message_id}},
            ProjectionExpression=WITHOUT_BODY,
            ConsistentRead=True,
        )
        with _asking():
            return [_kept(item) for page in pages for item in page["Items"]]

    def all(self) -> Iterator[Kept]:
        """Yield everything that is kept. This reads the whole table, which holds only what waits."""
        pages = iter(
            self._client.get_paginator("scan").paginate(
                TableName=self._table, ProjectionExpression=WITHOUT_BODY, ConsistentRead=True
            )
        )
        while True:
            with _asking():
                page = next(pages, None)
            if page is None:
                return
            yield from (_kept(item) for item in page["Items"])

    def _read_all(self, keys: list[dict[str, AttributeValueTypeDef]]) -> Iterator[dict[str, Any]]:
        """Yield the items under up to a hundred keys; a response holds 16 MB, the rest is asked for again."""
        waiting: Mapping[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        pauses = iter(PAUSES_SECONDS)
        while waiting:
            answer = self._client.batch_get_item(RequestItems=waiting)
            items = answer["Responses"].get(self._table, [])
            yield from items
            waiting = answer.get("UnprocessedKeys") or {}
            if items:
                pauses = iter(PAUSES_SECONDS)
            elif waiting:
                seconds = next(pauses, None)
                if seconds is None:
                    raise BodiesUnavailableError("DynamoDB keeps leaving keys over: try again")
                self._pause(seconds)

    def _unpack(self, item: Mapping[str, Any]) -> str | None:
        """Return the body, or None if the object that the item names is gone."""
        if "s3_key" not in item:
            return gzip.decompress(item["gzip"]["B"]).decode()
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=item["s3_key"]["S"])
        except self._s3.exceptions.NoSuchKey:
            return None
        return gzip.decompress(found["Body"].read()).decode()


def folder_of(kept: timedelta) -> str:
    """Return the prefix of a body that is kept for so long, where the lifecycle doesn't delete it before."""
    days = next((days for days in KEPT_DAYS if kept <= timedelta(days=days)), KEPT_DAYS[-1])
    return f"{PREFIX}{days}-days/"


def _object_name(message_id: str, fingerprint: str) -> str:
    return sha256(f"{message_id}#{fingerprint}".encode()).hexdigest()


def _kept(item: dict[str, Any]) -> Kept:
    return Kept(
        message_id=item["pk"]["S"],
        fingerprint=item["sk"]["S"].removeprefix(SORT_KEY),
        first_sent=moment(int(item["first_sent"]["N"])),
    )


def _key(message_id: str, fingerprint: str) -> dict[str, AttributeValueTypeDef]:
    return {"pk": {"S": message_id}, "sk": {"S": SORT_KEY + fingerprint}}


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise BodiesUnavailableError(f"a kept body can't be reached: {type(error).__name__}") from error
