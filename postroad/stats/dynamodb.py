"""Counters in DynamoDB, moved together with the shard's position in one transaction."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from postroad.dynamodb import asking, failed_condition
from postroad.stats.errors import StatsBusyError, StatsUnavailableError
from postroad.stats.item import (
    COUNTER,
    SHARDS_KEY,
    VALUES_KEY,
    counter_key,
    group_key,
    position_from,
    position_values,
    shard_key,
    summed,
)
from postroad.stats.values import room_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.stats.counts import Cell, Sums
    from postroad.stats.ports import Group, Position
    from postroad.stats.words import Metric

PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Between tries where somebody else writes the same item: two shards of one suffix, for an instant."""
_CONDITION = "ConditionalCheckFailed"
_AGAIN = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class DynamoCounters:
    """`Counters` and `Reading` over the table Stats.

    Counting needs `dynamodb:GetItem` and `dynamodb:UpdateItem`, reading `dynamodb:Query`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client; `page_size` is for tests, `pause` takes seconds."""
        self._client = client
        self._table = table
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}
        self._pause = pause

    def position(self, shard: str) -> Position | None:
        """Return how far this shard was counted; see `Counters.position`."""
        item = self._get(shard_key(shard))
        return position_from(item) if item else None

    def add(self, shard: str, sums: Sums, *, expected: Position | None, position: Position) -> bool:
        """Add the sums and move the position; see `Counters.add`."""
        request: Any = [self._move(shard, expected, position)]
        request += [self._add(shard, cell, metrics) for cell, metrics in sums.items()]
        for pause in (*PAUSES_SECONDS, None):
            reasons = self._transact(request)
            if not reasons:
                return True
            if _CONDITION in reasons:
                return False
            if pause is None or not reasons & _AGAIN:
                break
            self._pause(pause)
        raise StatsBusyError(f"counters were not written: {', '.join(sorted(reasons))}")

    def admit(self, group: Group, wanted: Collection[str]) -> frozenset[str]:
        """Give values counters of their own; see `Counters.admit`."""
        key = {"pk": {"S": group_key(group)}, "sk": {"S": VALUES_KEY}}
        for pause in (*PAUSES_SECONDS, None):
            item = self._get(key)
            standing = frozenset(item["values"]["SS"]) if item else frozenset()
            new = room_for(standing, wanted)
            if not new or self._admit(key, new, known=len(standing)):
                return standing | new
            if pause is not None:
                self._pause(pause)
        raise StatsBusyError("others kept adding values to the same dimension")

    def read(self, group: Group) -> Mapping[str, Mapping[Metric, int]]:
        """Return the metrics of each value; see `Reading.read`."""
        return summed(self._query(group_key(group), COUNTER))

    def positions(self) -> Sequence[Position]:
        """Return how far each shard was counted; see `Reading.positions`."""
        return [position_from(item) for item in self._query(SHARDS_KEY, "")]

    def _move(self, shard: str, expected: Position | None, position: Position) -> Mapping[str, Any]:
        values = position_values(position)
        asked = {} if expected is None else {":expected": {"S": expected.sequence_number}}
        return {
            "Update": {
                "TableName": self._table,
                "Key": shard_key(shard),
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
                "ConditionExpression": (
                    "#sequence_number = :expected" if asked else "attribute_not_exists(pk)"
                ),
                "ExpressionAttributeNames": {f"#{name}": name for name in values},
                "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()} | asked,
            }
        }

    def _add(self, shard: str, cell: Cell, metrics: Mapping[Metric, int]) -> Mapping[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": counter_key(cell, shard),
                "UpdateExpression": "ADD " + ", ".join(f"#{metric} :{metric}" for metric in metrics),
                "ExpressionAttributeNames": {f"#{metric}": metric.value for metric in metrics},
                "ExpressionAttributeValues": {
                    f":{metric}": {"N": str(count)} for metric, count in metrics.items()
                },
            }
        }

    def _transact(self, request: Any) -> frozenset[str]:  # noqa: ANN401 - a list of boto3's own shapes
        """Write all or nothing; return why nothing was written, or an empty set.

        boto3 gives each call a token of its own, so that its retries after a lost answer write once.
        """
        try:
            with asking(StatsUnavailableError):
                self._client.transact_write_items(TransactItems=request)
        except StatsUnavailableError as error:
            cause = error.__cause__
            if (
                not isinstance(cause, ClientError)
                or cause.response["Error"]["Code"] != "TransactionCanceledException"
            ):
                raise
            reasons: Any = cause.response.get("CancellationReasons", [])
            return frozenset(reason["Code"] for reason in reasons if reason.get("Code", "None") != "None")
        return frozenset()

    def _admit(self, key: Any, new: frozenset[str], *, known: int) -> bool:  # noqa: ANN401 - an item's key
        """Write new values where so many are known; say whether that was so."""
        try:
            with asking(StatsUnavailableError):
                self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET #size = :size ADD #values :new",
                    ConditionExpression="#size = :known" if known else "attribute_not_exists(pk)",
                    ExpressionAttributeNames={"#size": "size", "#values": "values"},
                    ExpressionAttributeValues={
                        ":size": {"N": str(known + len(new))},
                        ":new": {"SS": sorted(new)},
                        **({":known": {"N": str(known)}} if known else {}),
                    },
                )
        except StatsUnavailableError as error:
            if failed_condition(error) is None:
                raise
            return False
        return True

    def _get(self, key: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - an item's key
        with asking(StatsUnavailableError):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _query(self, partition: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        values: dict[str, Any] = {":pk": {"S": partition}}
        condition = "pk = :pk"
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = {"S": prefix}
        after: dict[str, Any] = {}
        while True:
            with asking(StatsUnavailableError):
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    **self._page,
                    **after,
                )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            after = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
