"""Which journeys are held, in the table Journeys: one partition, read once for each batch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, wrote
from postroad.dynamodb_table import Table
from postroad.journeys.errors import WalksUnavailableError
from postroad.journeys.item import write_time
from postroad.journeys.pausing import Pause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "@paused"
"""No address key begins so."""


class DynamoPauses:
    """`Pauses` over the table. Needs dynamodb:Query, and PutItem and DeleteItem for operators."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._name = table_name
        self._table = Table(client, table_name, unavailable=WalksUnavailableError)

    def paused(self) -> Mapping[str, Pause]:
        """Read them all; see `Pauses.paused`."""
        items = self._table.query(
            KeyConditionExpression="pk = :paused", ExpressionAttributeValues={":paused": {"S": PARTITION}}
        )
        return {item["sk"]["S"]: _read(item) for item in items}

    def pause(self, journey: str, pause: Pause) -> bool:
        """Hold a journey; see `Pauses.pause`."""
        item: dict[str, Any] = {
            **_key(journey),
            "since": {"S": write_time(pause.since)},
            "by": {"S": pause.by},
            **({"why": {"S": pause.why}} if pause.why else {}),
        }
        request = {
            "TableName": self._name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return wrote(self._client.put_item, request, unavailable=WalksUnavailableError)

    def resume(self, journey: str) -> bool:
        """Let a journey go on; see `Pauses.resume`."""
        with asking(WalksUnavailableError):
            answer = self._client.delete_item(TableName=self._name, Key=_key(journey), ReturnValues="ALL_OLD")
        return bool(answer.get("Attributes"))


def _key(journey: str) -> dict[str, Any]:
    return {"pk": {"S": PARTITION}, "sk": {"S": journey}}


def _read(item: Mapping[str, Any]) -> Pause:
    return Pause(
        since=datetime.fromisoformat(item["since"]["S"]),
        by=item["by"]["S"],
        why=item["why"]["S"] if "why" in item else "",
    )
