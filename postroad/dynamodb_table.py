"""A table of DynamoDB, as stores ask it: any number of keys, every page, and again after a pause."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking
from postroad.dynamodb_transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.dynamodb_transactions import Written
    from postroad.errors import TransientError

MOST_KEYS = 100
"""BatchGetItem takes no more keys than this in one request, and refuses repeated ones."""
ATTEMPTS = 10
"""How often a store tries, where others come in between or DynamoDB asks for less."""
_LONGEST_PAUSE_SECONDS = 1.0


class Table:
    """One table, whose failures come out as its store's own errors."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        *,
        unavailable: Callable[[str], TransientError],
        page_size: int | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use this low-level client; `unavailable` makes the error that is raised where DynamoDB can't.

        `page_size` is for tests, `pause` takes seconds.
        """
        self._client = client
        self._name = name
        self._unavailable = unavailable
        self._page: dict[str, Any] = {} if page_size is None else {"Limit": page_size}
        self._pause = pause
        self._transactions = Transactions(client, name, wait=self.wait, unavailable=unavailable)

    def get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        """Read one item consistently, or None. Needs dynamodb:GetItem."""
        with asking(self._unavailable):
            answer = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def read(self, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the items under these keys, none of them twice, consistently. Needs dynamodb:BatchGetItem."""
        for start in range(0, len(keys), MOST_KEYS):
            yield from self._read(keys[start : start + MOST_KEYS])

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - passed on to boto3
        """Yield every item of a query, consistently. Needs dynamodb:Query."""
        asked = {"TableName": self._name, "ConsistentRead": True, **self._page, **request}
        for page in self._pages(self._client.query, asked):
            yield from page

    def scan(self, **request: Any) -> Iterator[list[dict[str, Any]]]:  # noqa: ANN401 - passed on to boto3
        """Yield the table page by page; some may be empty. Needs dynamodb:Scan."""
        return self._pages(self._client.scan, {"TableName": self._name, **self._page, **request})

    def write(self, writes: Sequence[Written], *, attempts: int = ATTEMPTS) -> list[bool]:
        """Write each whole or not at all; False for each that somebody else came before.

        Waits where DynamoDB asks for less, and gives up after so many attempts. Needs dynamodb:PutItem.
        """
        return self._transactions.write(writes, attempts=attempts)

    def wait(self, attempt: int) -> None:
        """Pause before the n-th repetition, from 0: longer each time, and no two callers alike."""
        self._pause(pause_before(attempt))

    def _read(self, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        waiting: dict[str, Any] = {self._name: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            with asking(self._unavailable):
                answer = self._client.batch_get_item(RequestItems=waiting)
            yield from answer["Responses"].get(self._name, [])
            waiting = answer.get("UnprocessedKeys") or {}
            if not waiting:
                return
            self.wait(attempt)
        raise self._unavailable("DynamoDB kept leaving keys unread; try again")

    def _pages(self, ask: Callable[..., Any], request: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        while True:
            with asking(self._unavailable):
                answer = ask(**request)
            yield answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def pause_before(attempt: int) -> float:
    """Return how many seconds to wait before the n-th repetition, from 0."""
    ceiling = min(_LONGEST_PAUSE_SECONDS, 0.02 * 2**attempt)
    return random.uniform(0, ceiling)  # noqa: S311 - spreads retries; no secret depends on it
