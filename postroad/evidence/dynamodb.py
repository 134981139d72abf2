"""The evidence in the table Schedule: watermarks, marks of applied objects, and what is known of canaries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.evidence.aws_errors import asking
from postroad.evidence.object_keys import hour_of, time_of
from postroad.evidence.patience import Patience
from postroad.schedule.keys import CANARY, WATERMARK, applied_partition, state_partition
from postroad.times import milliseconds, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient

MARK_LIFE = timedelta(days=3)


class DynamoWatermarks:
    """`MovingWatermarks` over the table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def read(self, stream: str) -> datetime | None:
        """Return the watermark by an eventually consistent read: an older one does no harm."""
        with asking("DynamoDB"):
            answer = self._client.get_item(TableName=self._table, Key=_key(stream, WATERMARK))
        return moment(int(answer["Item"]["sent_until"]["N"])) if "Item" in answer else None

    def advance(self, stream: str, to: datetime) -> None:
        """Let the watermark be `to`, or what stands if that is later."""
        until = {"N": str(milliseconds(to))}
        _put_if(
            self._client,
            self._table,
            {**_key(stream, WATERMARK), "sent_until": until},
            condition="attribute_not_exists(pk) OR sent_until < :until",
            values={":until": until},
        )


class DynamoAppliedObjects:
    """`AppliedObjects` over the table. A key without a time isn't marked: no watermark asks for it."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def mark(self, key: str, newest_sends: Mapping[str, datetime], *, now: datetime) -> None:
        """Remember an object; a second mark says the same."""
        at = time_of(key)
        if at is None:
            return
        with asking("DynamoDB"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_object_key(at, key),
                    "sends": {
                        "M": {
                            stream: {"N": str(milliseconds(newest))}
                            for stream, newest in newest_sends.items()
                        }
                    },
                    "ttl": {"N": str(milliseconds(now + MARK_LIFE) // 1000)},
                },
            )

    def has(self, key: str) -> bool:
        """Say whether this object has been applied, by a consistent read."""
        at = time_of(key)
        if at is None:
            return False
        with asking("DynamoDB"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=_object_key(at, key),
                ProjectionExpression="pk",
                ConsistentRead=True,
            )
        return "Item" in answer

    def of_hour(self, hour: datetime) -> Mapping[str, Mapping[str, datetime]]:
        """Return the newest Send times by stream of each applied object of this hour."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :hour",
            ExpressionAttributeValues={":hour": {"S": applied_partition(hour_of(hour))}},
        )
        with asking("DynamoDB"):
            return {
                item["sk"]["S"]: {
                    stream: moment(int(newest["N"])) for stream, newest in item["sends"]["M"].items()
                }
                for page in pages
                for item in page["Items"]
            }


class DynamoCanaryPatience:
    """`CanaryPatience` over the table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def read(self, stream: str) -> Patience:
        """Return what is remembered, by a consistent read."""
        with asking("DynamoDB"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(stream, CANARY), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Patience()
        return Patience(
            accepted_at=_moment(item, "accepted_at"),
            owing_since=_moment(item, "owing_since"),
            version=int(item["version"]["N"]),
        )

    def write(self, stream: str, patience: Patience) -> None:
        """Remember this unless somebody wrote since it was read."""
        times = {"accepted_at": patience.accepted_at, "owing_since": patience.owing_since}
        _put_if(
            self._client,
            self._table,
            {
                **_key(stream, CANARY),
                **{name: {"N": str(milliseconds(at))} for name, at in times.items() if at is not None},
                "version": {"N": str(patience.version + 1)},
            },
            condition="attribute_not_exists(pk) OR version = :read",
            values={":read": {"N": str(patience.version)}},
        )


def _put_if(
    client: DynamoDBClient, table: str, item: dict[str, Any], *, condition: str, values: dict[str, Any]
) -> None:
    """Put the item on a condition; where that doesn't hold, what stands is as good or better."""
    with asking("DynamoDB"):
        try:
            client.put_item(
                TableName=table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _key(stream: str, name: str) -> dict[str, Any]:
    return {"pk": {"S": state_partition(stream)}, "sk": {"S": name}}


def _object_key(at: datetime, key: str) -> dict[str, Any]:
    return {"pk": {"S": applied_partition(at)}, "sk": {"S": key}}


def _moment(item: dict[str, Any], name: str) -> datetime | None:
    return moment(int(item[name]["N"])) if name in item else None
