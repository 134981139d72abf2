"""The ledger in DynamoDB: the table Messages, one item per message."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from postroad.dynamodb import asking, failed_condition
from postroad.ledger.dynamodb_statements import Met, refused_as_a_whole, run_statements
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.item import SORT_KEY, from_item, to_item
from postroad.ledger.partiql import insertion, replacement
from postroad.ledger.updating import apply_change
from postroad.times import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.errors import TransientError
    from postroad.ledger.dynamodb_statements import Answer
    from postroad.ledger.ports import Change
    from postroad.ledger.row import Row

Outcome = TypeVar("Outcome")

INDEX = "by_recipient"
HELD_INDEX = "held"
"""Only rows that wait for an operator stand in it, by stream and message id."""
MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request, and none of them twice."""
MOST_ROUNDS = 8
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


class DynamoLedger:
    """A `Ledger` over the table Messages.

    Raises LedgerUnavailableError when DynamoDB can't be asked. Whether a write took effect is then unknown;
    each write is conditional, so that repeating it is safe.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use this low-level client and this table; `sleep` takes seconds."""
        self._client = client
        self._table = table_name
        self._sleep = sleep

    def get(self, message_id: str) -> Row | None:
        """Return the row by a consistent read, or None."""
        with asking(LedgerUnavailableError):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": message_id}, "sk": {"S": SORT_KEY}},
                ConsistentRead=True,
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, message_ids: Collection[str], *, may_be_old: bool = False) -> dict[str, Row]:
        """Return the rows of these messages, 100 at a time; by consistent reads unless they may be old."""
        keys = [{"pk": {"S": message_id}, "sk": {"S": SORT_KEY}} for message_id in dict.fromkeys(message_ids)]
        rows = [
            from_item(item)
            for start in range(0, len(keys), MOST_KEYS)
            for item in self._read_all(keys[start : start + MOST_KEYS], consistent=not may_be_old)
        ]
        return {row.message_id: row for row in rows}

    def insert(self, row: Row) -> Row | None:
        """Write a message's first row, or return the one that stands."""
        standing = self._put(row, ConditionExpression="attribute_not_exists(pk)")
        return None if standing is None else from_item(standing)

    def replace(self, row: Row, *, expected: int) -> bool:
        """Write over version `expected`, and say whether the row now stands."""
        standing = self._put(
            row,
            ConditionExpression="version = :expected",
            ExpressionAttributeValues={":expected": {"N": str(expected)}},
        )
        return standing is None

    def insert_many(self, rows: Sequence[Row]) -> list[Row | TransientError | None]:
        """Write the first rows of several messages; see `Ledger.insert_many`."""
        if len(rows) == 1:
            return [self._tried(self.insert, rows[0])]
        items = [to_item(row) for row in rows]
        answers = self._written(items, [insertion(self._table, item) for item in items])
        outcomes: list[Row | TransientError | None] = []
        for row, item, answer in zip(rows, items, answers, strict=True):
            if refused_as_a_whole(answer):
                outcomes.append(self._tried(self.insert, row))
            elif not isinstance(answer, Met):
                outcomes.append(answer)
            else:
                outcomes.append(None if answer.item == item else _read(answer.item))
        return outcomes

    def replace_many(self, rows: Sequence[Row]) -> list[bool | TransientError]:
        """Write the next rows of several messages; see `Ledger.replace_many`."""
        if len(rows) == 1:
            return [self._tried(self._replaced, rows[0])]
        items = [to_item(row) for row in rows]
        statements = [
            replacement(self._table, item, expected=row.version - 1)
            for row, item in zip(rows, items, strict=True)
        ]
        outcomes: list[bool | TransientError] = []
        for row, item, answer in zip(rows, items, self._written(items, statements), strict=True):
            if refused_as_a_whole(answer):
                outcomes.append(self._tried(self._replaced, row))
            elif isinstance(answer, LedgerUnavailableError):
                outcomes.append(answer)
            else:
                outcomes.append(answer is None or answer.item == item)
        return outcomes

    def apply(self, message_id: str, change: Change) -> Row | None:
        """Change one row; see `Ledger.apply`."""
        return apply_change(self, message_id, change)

    def by_recipient(
        self, address_key: str, *, limit: int, may_be_old: bool = True, until: datetime | None = None
    ) -> Sequence[Row]:
        """Return the latest rows of one recipient, newest first; see `Ledger.by_recipient`.

        The index holds keys only, and follows the table by a moment.
        """
        condition, values = "address_key = :key", {":key": {"S": address_key}}
        if until is not None:
            condition += " AND accepted <= :until"
            values[":until"] = {"N": str(milliseconds(until))}
        with asking(LedgerUnavailableError):
            answer = self._client.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=min(limit, MOST_KEYS),
            )
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in answer["Items"]]
        rows = [from_item(item) for item in self._read_all(keys, consistent=not may_be_old)]
        return sorted(rows, key=lambda row: row.times["accepted"], reverse=True)

    def _replaced(self, row: Row) -> bool:
        return self.replace(row, expected=row.version - 1)

    def _tried(self, write: Callable[[Row], Outcome], row: Row) -> Outcome | TransientError:
        try:
            return write(row)
        except LedgerUnavailableError as error:
            return error

    def _written(self, items: Sequence[dict[str, Any]], statements: Sequence[dict[str, Any]]) -> list[Answer]:
        """Run the statements that write these items, and ask for what stands where DynamoDB didn't tell."""
        answers = run_statements(self._client, statements, sleep=self._sleep)
        untold = [
            place for place, answer in enumerate(answers) if isinstance(answer, Met) and answer.item is None
        ]
        keys = [{name: items[place][name] for name in ("pk", "sk")} for place in untold]
        try:
            standing = {
                item["pk"]["S"]: item
                for start in range(0, len(keys), MOST_KEYS)
                for item in self._read_all(keys[start : start + MOST_KEYS], consistent=True)
            }
        except LedgerUnavailableError as error:
            for place in untold:
                answers[place] = error
            return answers
        for place in untold:
            answers[place] = Met(standing.get(items[place]["pk"]["S"]))
        return answers

    def _read_all(self, keys: list[dict[str, Any]], *, consistent: bool) -> list[dict[str, Any]]:
        """Return the items of up to 100 keys, and follow what DynamoDB left for later, slower each time.

        That is so when a partition is asked for too much, or the answer would be over 16 MB.
        """
        found: list[dict[str, Any]] = []
        waiting: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": consistent}} if keys else {}
        for turn in range(MOST_ROUNDS):
            if not waiting:
                return found
            if turn:
                pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (turn - 1))
                self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  it spreads load, and guards nothing
            with asking(LedgerUnavailableError):
                answer = self._client.batch_get_item(RequestItems=waiting)
            found.extend(answer["Responses"].get(self._table, []))
            waiting = answer.get("UnprocessedKeys") or {}
        if waiting:
            raise LedgerUnavailableError("DynamoDB left some rows unread again and again: try again later")
        return found

    def _put(self, row: Row, **condition: Any) -> dict[str, Any] | None:  # noqa: ANN401  passed on to boto3
        """Put on a condition; return None if the row now stands, else the item that stands instead."""
        item = to_item(row)
        try:
            with asking(LedgerUnavailableError):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except LedgerUnavailableError as unavailable:
            if (error := failed_condition(unavailable)) is None:
                raise
            standing = cast("dict[str, Any]", error.response.get("Item", {}))
            # An answer that got lost makes the SDK write again: our own row is then what stands.
            return None if standing == item else standing
        return None


def _read(item: Mapping[str, Any] | None) -> Row | LedgerUnavailableError:
    """Return the row that stood in the way of an insert, or why it can't be told."""
    if item is None:
        return LedgerUnavailableError("the row that stood there is gone: try again")
    try:
        return from_item(item)
    except Exception as error:  # noqa: BLE001  other rows were written in the same request: theirs is to be told
        return LedgerUnavailableError(f"the row that stands can't be read: {type(error).__name__}")
