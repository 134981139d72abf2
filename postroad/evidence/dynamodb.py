"""The evidence in the table Schedule: watermarks, and what is remembered of canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.evidence.aws_errors import asking
from postroad.evidence.patience import Patience
from postroad.ledger.item import milliseconds, moment
from postroad.schedule.keys import CANARY, WATERMARK, state_partition

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient


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


def _moment(item: dict[str, Any], name: str) -> datetime | None:
    return moment(int(item[name]["N"])) if name in item else None
