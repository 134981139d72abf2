"""The marks of applied objects in the table Schedule: one item each, under the hour of its key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.evidence.aws_errors import asking
from postroad.evidence.object_keys import hour_of, time_of
from postroad.ledger.item import milliseconds, moment
from postroad.schedule.keys import applied_partition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

REMEMBERED = timedelta(days=3)


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
                    "pk": {"S": applied_partition(at)},
                    "sk": {"S": key},
                    "sends": {
                        "M": {
                            stream: {"N": str(milliseconds(newest))}
                            for stream, newest in newest_sends.items()
                        }
                    },
                    "ttl": {"N": str(milliseconds(now + REMEMBERED) // 1000)},
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
                Key={"pk": {"S": applied_partition(at)}, "sk": {"S": key}},
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
