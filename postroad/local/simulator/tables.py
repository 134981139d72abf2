"""The records of the deployed stage: its tables, found by the outputs of its stacks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.explaining.meanings import NOT_SENT
from postroad.ledger.item import SORT_KEY, from_item
from postroad.local.simulator.records import MOST_EXAMINED, Examined, RecordsUnavailableError
from postroad.local.simulator.stacks import deployed_tables
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.errors import SuppressionsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.ledger.row import Row
    from postroad.local.simulator.stacks import Tables
    from postroad.suppression.model import Suppression

PAGE = 1000
MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request."""
MOST_TRIES = 3


class DeployedRecords:
    """`Records` over the tables Messages and Suppressions; finds them anew after each failure.

    Needs cloudformation:DescribeStacks, and dynamodb:BatchGetItem and Scan, as the local stage's root has.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        cloudformation: CloudFormationClient,
        *,
        page: int = PAGE,
        most_examined: int = MOST_EXAMINED,
    ) -> None:
        """Read nothing yet; `page` and `most_examined` are rows."""
        self._dynamodb = dynamodb
        self._cloudformation = cloudformation
        self._page = page
        self._most_examined = most_examined
        self._lock = threading.Lock()
        self._tables: Tables | None = None

    def rows(self, message_ids: Sequence[str]) -> Mapping[str, Row]:
        """Return the rows of these messages, by id."""
        wanted = [*dict.fromkeys(message_ids)]
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), MOST_KEYS):
            found |= {row.message_id: row for row in self._batch(wanted[start : start + MOST_KEYS])}
        return found

    def not_sent(self) -> Examined:
        """Scan the messages, page by page, until the end or `most_examined` rows."""
        words = {f":s{number}": {"S": status.value} for number, status in enumerate(sorted(NOT_SENT))}
        request: dict[str, Any] = {
            "TableName": self._found().messages,
            # The words of this expression that DynamoDB reserves go by other names.
            "FilterExpression": f"sk = :sk AND #status IN ({', '.join(words)})",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {**words, ":sk": {"S": SORT_KEY}},
            "Limit": self._page,
        }
        rows: list[Row] = []
        examined = 0
        while True:
            answer = self._ask(lambda: self._dynamodb.scan(**request))
            rows += [from_item(item) for item in answer["Items"]]
            examined += answer.get("ScannedCount", self._page)
            if not answer.get("LastEvaluatedKey"):
                return Examined(tuple(rows), whole=True)
            if examined >= self._most_examined:
                return Examined(tuple(rows), whole=False)
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def suppression(self, address_key: str) -> Suppression | None:
        """Return what stops this address, or None."""
        store = DynamoSuppressions(self._dynamodb, self._found().suppressions)
        try:
            return store.find([address_key]).get(address_key)
        except SuppressionsUnavailableError as why:
            raise self._unavailable(str(why)) from why

    def _batch(self, message_ids: Sequence[str]) -> list[Row]:
        table = self._found().messages
        keys = [{"pk": {"S": each}, "sk": {"S": SORT_KEY}} for each in message_ids]
        waiting: dict[str, Any] = {table: {"Keys": keys, "ConsistentRead": True}}
        found: list[Row] = []
        for _ in range(MOST_TRIES):
            request = waiting
            answer = self._ask(lambda request=request: self._dynamodb.batch_get_item(RequestItems=request))
            found += [from_item(item) for item in answer["Responses"].get(table, [])]
            waiting = answer.get("UnprocessedKeys") or {}
            if not waiting:
                break
        return found

    def _found(self) -> Tables:
        with self._lock:
            if self._tables is None:
                self._tables = self._ask(lambda: deployed_tables(self._cloudformation))
            if self._tables is None:
                raise RecordsUnavailableError("Nothing is deployed yet, so there are no decision records.")
            return self._tables

    def _ask(self, call: Any) -> Any:  # noqa: ANN401 - whatever the call of boto3 answers
        try:
            return call()
        except ClientError as error:
            raise self._unavailable(f"refused: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise self._unavailable(f"didn't answer: {type(error).__name__}") from error

    def _unavailable(self, why: str) -> RecordsUnavailableError:
        self._tables = None
        return RecordsUnavailableError(f"Postroad's tables can't be read now ({why}).")
