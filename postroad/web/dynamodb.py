"""The counters in DynamoDB: items of the table Schedule, which go by TTL.

Not in Contacts: who came how often is nobody's to keep, and says nothing of a person. They lie beside the
other short-lived state that functions share, each under a name of its own, so no partition is crowded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.dynamodb import asking
from postroad.web.errors import CountersUnavailableError
from postroad.web.limits import window_of

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "visits#"
LIFE = timedelta(hours=1)
"""After the window's end; DynamoDB deletes some time later."""


class DynamoCounters:
    """`Counters` over the table Schedule. Needs dynamodb:UpdateItem."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def add(self, name: str, *, window: timedelta, now: datetime) -> int:
        """Count once more; see `Counters.add`. It takes one write."""
        begin = window_of(now, window)
        ends = round((begin + window + LIFE).timestamp())
        with asking(CountersUnavailableError):
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PREFIX + name}, "sk": {"S": begin.isoformat()}},
                UpdateExpression="ADD visits :one SET #ttl = :ends",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":ends": {"N": str(ends)}},
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"]["visits"]["N"])
