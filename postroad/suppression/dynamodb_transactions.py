"""Transactions of DynamoDB: what stands of an address and what is kept beside it, many addresses at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.item import current_item, history_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.errors import TransientError
    from postroad.suppression.change import Change

MOST_CHANGES = 50
"""Of one address in one transaction."""
_MOST_ITEMS = 100
"""TransactWriteItems takes no more: docs.aws.amazon.com/amazondynamodb/latest/APIReference."""
_MOST_ADDRESSES = 25
"""Fewer than fit: one address that somebody else is writing to refuses the whole transaction."""
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)


class Written(Protocol):
    """What becomes of one address: all of it is written, or nothing."""

    @property
    def size(self) -> int:
        """How many items it takes."""
        ...

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the items of a transaction, on condition that nobody wrote in between."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """What becomes of one address: at least one change, in order, over `version` (0: nothing stood)."""

    changes: Sequence[Change]
    version: int

    @property
    def size(self) -> int:
        """How many items it takes: what stands, and a line for each change."""
        return 1 + len(self.changes)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return what to put: what stands in the end, on condition that nobody wrote, and each line.

        Each line has a version of its own, which keeps lines of one moment apart.
        """
        last = self.changes[-1].suppression
        current: dict[str, Any] = {
            "TableName": table,
            "Item": current_item(last, self.version + len(self.changes)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if self.version:
            current["ConditionExpression"] = "version = :version"
            current["ExpressionAttributeValues"] = {":version": {"N": str(self.version)}}
        lines = [
            {"TableName": table, "Item": history_item(last.address_key, change.history, version)}
            for version, change in enumerate(self.changes, self.version + 1)
        ]
        return [{"Put": put} for put in (current, *lines)]


def unavailable(error: ClientError | BotoCoreError) -> SuppressionsUnavailableError:
    """Say in our words that the table didn't do what it was asked."""
    return SuppressionsUnavailableError(in_words(error))


def in_words(error: ClientError | BotoCoreError) -> str:
    """Say what DynamoDB did, by its code alone: its texts may hold what was written."""
    if isinstance(error, ClientError):
        return f"DynamoDB refused: {error.response['Error']['Code']}"
    return f"DynamoDB didn't answer: {type(error).__name__}"


class Transactions:
    """Writes changes to the table, and waits where DynamoDB asks for less."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        wait: Callable[[int], object],
        unavailable: Callable[[ClientError | BotoCoreError], TransientError] = unavailable,
    ) -> None:
        """Use this client and table; `wait` pauses before the n-th repetition, from 0.

        `unavailable` makes the error that is raised where DynamoDB can't.
        """
        self._client = client
        self._table = table
        self._wait = wait
        self._unavailable = unavailable

    def write(self, writes: Sequence[Written], *, attempts: int) -> list[bool]:
        """Write them, as many at once as DynamoDB takes; False for each that somebody else came before.

        Raises what `unavailable` makes where DynamoDB can't, or asks for less so many times.
        """
        written = [False] * len(writes)
        for places in _groups(writes):
            for place in self._write_group(writes, places, attempts):
                written[place] = True
        return written

    def _write_group(self, writes: Sequence[Written], places: list[int], attempts: int) -> list[int]:
        """Return the places of those that stand."""
        waits = 0
        while places:
            owners: list[int] = []
            items: list[Any] = []
            for place in places:
                of_this = writes[place].items(self._table)
                items += of_this
                owners += [place] * len(of_this)
            try:
                self._client.transact_write_items(TransactItems=items)
            except ClientError as error:
                reasons = [each.get("Code") for each in error.response.get("CancellationReasons", [])]
                lost = {owner for owner, code in zip(owners, reasons, strict=False) if code in _LOST}
                if lost:
                    places = [place for place in places if place not in lost]
                    continue
                if not _asks_for_less(error, reasons) or waits + 1 >= attempts:
                    raise self._unavailable(error) from error
                self._wait(waits)
                waits += 1
            except BotoCoreError as error:
                raise self._unavailable(error) from error
            else:
                return places
        return []


def _groups(writes: Sequence[Written]) -> Iterator[list[int]]:
    group: list[int] = []
    items = 0
    for place, each in enumerate(writes):
        more = each.size
        if group and (items + more > _MOST_ITEMS or len(group) == _MOST_ADDRESSES):
            yield group
            group, items = [], 0
        group.append(place)
        items += more
    if group:
        yield group


def _asks_for_less(error: ClientError, reasons: Sequence[str | None]) -> bool:
    named = {reason for reason in reasons if reason not in {None, "None"}}
    return named <= _THROTTLED if named else error.response["Error"]["Code"] in _THROTTLED
