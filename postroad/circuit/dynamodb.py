"""The switches in DynamoDB: one item of state per stream in the table Schedule."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from postroad.circuit.errors import SwitchesBusyError, SwitchesUnavailableError
from postroad.circuit.item import from_item, key_of, to_item
from postroad.circuit.switch import Switch
from postroad.dynamodb import asking, failed_condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.circuit.ports import Turn

ATTEMPTS = 10
LONGEST_PAUSE_SECONDS = 0.5


class DynamoSwitches:
    """`Switches` over the table Schedule. Needs dynamodb:GetItem, and dynamodb:PutItem to turn one."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, pause: Callable[[float], object] = time.sleep
    ) -> None:
        """Use this low-level client and this table; `pause` takes seconds."""
        self._client = client
        self._table = table_name
        self._pause = pause

    def read(self, stream: str) -> Switch:
        """Return the stream's switch by a consistent read."""
        with asking(SwitchesUnavailableError):
            answer = self._client.get_item(TableName=self._table, Key=key_of(stream), ConsistentRead=True)
        return from_item(stream, answer["Item"]) if "Item" in answer else Switch(stream=stream)

    def turn(self, stream: str, turn: Turn) -> Switch:
        """Read, change, and write on condition that nobody wrote in between; else begin anew."""
        for attempt in range(ATTEMPTS):
            standing = self.read(stream)
            wanted = turn(standing)
            if wanted is None:
                return standing
            if self._put(wanted, expected=standing.version):
                return wanted
            self._pause(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)))  # noqa: S311 - no secret
        raise SwitchesBusyError("others kept changing this stream's switch; try again")

    def _put(self, switch: Switch, *, expected: int) -> bool:
        item = to_item(switch)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if expected:
            condition = {
                "ConditionExpression": "version = :expected",
                "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
            }
        try:
            with asking(SwitchesUnavailableError):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except SwitchesUnavailableError as unavailable:
            if (error := failed_condition(unavailable)) is None:
                raise
            # An answer that got lost makes the SDK write again: our own switch is then what stands.
            return error.response.get("Item", {}) == item
        return True
