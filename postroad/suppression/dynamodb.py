"""The suppressions in DynamoDB: the table Suppressions."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.suppression.change import Change, lifting, suppressing
from postroad.suppression.errors import SuppressionsBusyError, SuppressionsUnavailableError
from postroad.suppression.item import (
    CURRENT,
    HISTORY,
    current_item,
    current_key,
    history_item,
    read_current,
    read_history,
    read_version,
)
from postroad.suppression.model import HistoryEntry, ScopeEntry, Suppression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request, and refuses repeated ones."""
_ATTEMPTS = 10
_LONGEST_PAUSE_SECONDS = 1.0


class DynamoSuppressions:
    """A `SuppressionStore` over the table Suppressions.

    A change reads the address's items consistently, decides, and writes what stands together with its line of
    history in one transaction, on condition that nobody wrote in between. Needs dynamodb:BatchGetItem for
    `find`, dynamodb:Query and dynamodb:PutItem for `suppress` and `lift`, dynamodb:Scan for `pages`.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client and this table; `page_size` is for tests, `pause` takes seconds."""
        self._client = client
        self._table = table_name
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}
        self._pause = pause

    def find(self, address_keys: Sequence[str]) -> dict[str, Suppression]:
        """Read these addresses' suppressions consistently, by address key."""
        found: dict[str, Suppression] = {}
        keys = list(dict.fromkeys(address_keys))
        for start in range(0, len(keys), MOST_KEYS):
            for item in self._read([current_key(key) for key in keys[start : start + MOST_KEYS]]):
                suppression = read_current(item)
                if suppression.scopes:
                    found[suppression.address_key] = suppression
        return found

    def suppress(self, address_key: str, email: str, scope: str, entry: ScopeEntry) -> bool:
        """Stop a scope of an address; see `SuppressionStore.suppress`."""

        def decide(standing: Suppression | None, history: list[HistoryEntry]) -> Change | None:
            before = standing or Suppression(address_key, email, {})
            return suppressing(before, history, email=email, scope=scope, entry=entry)

        return self._change(address_key, decide)

    def lift(self, address_key: str, scope: str, *, source: str, now: datetime) -> bool:
        """Let a scope be mailed again; see `SuppressionStore.lift`."""

        def decide(standing: Suppression | None, _history: list[HistoryEntry]) -> Change | None:
            return None if standing is None else lifting(standing, scope=scope, source=source, now=now)

        return self._change(address_key, decide)

    def history(self, address_key: str) -> list[HistoryEntry]:
        """Tell what happened to this address, oldest first."""
        return [read_history(item) for item in self._items(address_key) if item["sk"]["S"] != CURRENT]

    def pages(self) -> Iterator[list[Suppression]]:
        """Yield every address with at least one scope, page by page, by a scan of the table."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "sk = :current",
            "ExpressionAttributeValues": {":current": {"S": CURRENT}},
            **self._page,
        }
        while True:
            with _asking():
                answer = self._client.scan(**request)
            standing = [read_current(item) for item in answer["Items"]]
            if page := [suppression for suppression in standing if suppression.scopes]:
                yield page
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _change(
        self, address_key: str, decide: Callable[[Suppression | None, list[HistoryEntry]], Change | None]
    ) -> bool:
        for attempt in range(_ATTEMPTS):
            standing, version, history = self._stands(address_key)
            change = decide(standing, history)
            if change is None:
                return False
            if self._write(change, version):
                return change.changed
            self._wait(attempt)
        raise SuppressionsBusyError("others kept changing this address's suppressions; try again")

    def _stands(self, address_key: str) -> tuple[Suppression | None, int, list[HistoryEntry]]:
        standing: Suppression | None = None
        version, history = 0, []
        for item in self._items(address_key):
            if item["sk"]["S"] == CURRENT:
                standing, version = read_current(item), read_version(item)
            else:
                history.append(read_history(item))
        return standing, version, history

    def _items(self, address_key: str) -> Iterator[dict[str, Any]]:
        """Yield `current` and then the history by time: so they sort."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :key AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":key": {"S": address_key},
                ":first": {"S": CURRENT},
                ":last": {"S": HISTORY + "~"},
            },
            "ConsistentRead": True,
            **self._page,
        }
        while True:
            with _asking():
                answer = self._client.query(**request)
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _write(self, change: Change, version: int) -> bool:
        """Write over `version` (0: nothing stood), and say whether it stands now."""
        key = change.suppression.address_key
        current: dict[str, Any] = {
            "TableName": self._table,
            "Item": current_item(change.suppression, version + 1),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if version:
            current["ConditionExpression"] = "version = :version"
            current["ExpressionAttributeValues"] = {":version": {"N": str(version)}}
        line: dict[str, Any] = {
            "TableName": self._table,
            "Item": history_item(key, change.history, version + 1),
        }
        transaction: list[Any] = [{"Put": current}, {"Put": line}]
        try:
            self._client.transact_write_items(TransactItems=transaction)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
                return False
            raise SuppressionsUnavailableError("DynamoDB cancelled the transaction") from error
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error
        return True

    def _read(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        waiting: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(_ATTEMPTS):
            with _asking():
                answer = self._client.batch_get_item(RequestItems=waiting)
            yield from answer["Responses"].get(self._table, [])
            waiting = answer.get("UnprocessedKeys") or {}
            if not waiting:
                return
            self._wait(attempt)
        raise SuppressionsUnavailableError("DynamoDB kept leaving keys unread; try again")

    def _wait(self, attempt: int) -> None:
        ceiling = min(_LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)
        self._pause(random.uniform(0, ceiling))  # noqa: S311 - spreads retries; no secret depends on it


@contextmanager
def _asking() -> Iterator[None]:
    """Turn boto3's errors into our own."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _unavailable(error) from error


def _unavailable(error: ClientError | BotoCoreError) -> SuppressionsUnavailableError:
    if isinstance(error, ClientError):
        return SuppressionsUnavailableError(f"DynamoDB refused: {error.response['Error']['Code']}")
    return SuppressionsUnavailableError(f"DynamoDB didn't answer: {type(error).__name__}")
