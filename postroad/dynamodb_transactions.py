"""Transactions of DynamoDB: what belongs together is written whole or not at all, and many such at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from postroad.dynamodb import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.errors import TransientError

_MOST_ITEMS = 100
"""TransactWriteItems takes no more: docs.aws.amazon.com/amazondynamodb/latest/APIReference."""
_MOST_AT_ONCE = 25
"""Fewer than fit: one that somebody else is writing to refuses the whole transaction."""
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
    """What belongs together, as all that becomes of one address: all of it is written, or nothing."""

    @property
    def size(self) -> int:
        """How many items it takes."""
        ...

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the items of a transaction, on condition that nobody wrote in between."""
        ...


class Transactions:
    """Writes to tables, and waits where DynamoDB asks for less."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        wait: Callable[[int], object],
        unavailable: Callable[[str], TransientError],
    ) -> None:
        """Use this client, and give this table's name to what is written.

        `wait` pauses before the n-th repetition, from 0; `unavailable` makes the error that is raised where
        DynamoDB can't.
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
                    raise self._unavailable(in_words(error)) from error
                self._wait(waits)
                waits += 1
            except BotoCoreError as error:
                raise self._unavailable(in_words(error)) from error
            else:
                return places
        return []


def _groups(writes: Sequence[Written]) -> Iterator[list[int]]:
    group: list[int] = []
    items = 0
    for place, each in enumerate(writes):
        more = each.size
        if group and (items + more > _MOST_ITEMS or len(group) == _MOST_AT_ONCE):
            yield group
            group, items = [], 0
        group.append(place)
        items += more
    if group:
        yield group


def _asks_for_less(error: ClientError, reasons: Sequence[str | None]) -> bool:
    named = {reason for reason in reasons if reason not in {None, "None"}}
    return named <= _THROTTLED if named else error.response["Error"]["Code"] in _THROTTLED
