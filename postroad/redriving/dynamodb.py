"""What is held, found by an index of the table Messages in which only such rows stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.dynamodb import asking
from postroad.ledger.dynamodb import HELD_INDEX
from postroad.ledger.errors import LedgerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoHeld:
    """`HeldMessages` over the table Messages."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def of(self, stream: str) -> Iterator[str]:
        """Yield the ids page by page; a page is asked for when it is needed."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=HELD_INDEX,
            KeyConditionExpression="held = :stream",
            ExpressionAttributeValues={":stream": {"S": stream}},
        )
        with asking(LedgerUnavailableError):
            for page in pages:
                for item in page["Items"]:
                    yield item["pk"]["S"]
