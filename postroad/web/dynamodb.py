"""The pages' counters in DynamoDB, and their mark on the row of a mail by which somebody left.

The counters are items of the table Schedule, which go by TTL. Not in Contacts: who came how often is nobody's
to keep, and says nothing of a person. They lie beside the other short-lived state that functions share, each
under a name of its own, so no partition is crowded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.dynamodb import asking, failed_condition
from postroad.ledger.item import SORT_KEY
from postroad.ledger.row import LEFT
from postroad.times import milliseconds
from postroad.web.errors import CountersUnavailableError, MarkUnavailableError
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


class DynamoMarks:
    """`Marks` over the table Messages. Needs dynamodb:UpdateItem."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def mark(self, message_id: str, address_key: str, topic: str, *, now: datetime) -> None:
        """Note it on the row; see `Marks.mark`. The version grows, so that nobody writes over it unseen."""
        try:
            with asking(MarkUnavailableError):
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": message_id}, "sk": {"S": SORT_KEY}},
                    UpdateExpression="SET #times.#left = :now ADD #version :one",
                    ConditionExpression=(
                        "#address_key = :address_key AND #topic = :topic "
                        "AND attribute_not_exists(#times.#left)"
                    ),
                    ExpressionAttributeNames={
                        "#times": "times",
                        "#left": LEFT,
                        "#version": "version",
                        "#address_key": "address_key",
                        "#topic": "topic",
                    },
                    ExpressionAttributeValues={
                        ":now": {"N": str(milliseconds(now))},
                        ":one": {"N": "1"},
                        ":address_key": {"S": address_key},
                        ":topic": {"S": topic},
                    },
                )
        except MarkUnavailableError as error:
            if failed_condition(error) is None:
                raise
