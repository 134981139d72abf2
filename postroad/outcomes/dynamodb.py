"""From the records of the Messages table's stream to changes of rows, and the answer to Lambda."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from postroad.errors import SystemicError
from postroad.ledger.item import SORT_KEY, from_item
from postroad.outcomes.transition import RowChange, UnreadableChange
from postroad.records import ItemFailure, partial_failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.ledger.row import Row


class MissingShardError(SystemicError):
    """The invocation doesn't say which shard its records are of, so nothing can be counted once."""


class WindowAnswer(TypedDict):
    """The answer of a function whose stream is read in windows: without a state Lambda takes it for failed.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
    """

    batchItemFailures: list[ItemFailure]
    state: dict[str, str]


def shard_of(event: Mapping[str, Any], *, local_shard: str) -> str:
    """Return the shard whose records these are.

    Lambda names it where the mapping has a tumbling window, and nowhere else. The emulated cloud knows no
    windows, and its streams have one shard: `local_shard`, which is empty everywhere else. Raises
    MissingShardError rather than guess.
    """
    shard = event.get("shardId") or local_shard
    if not shard:
        raise MissingShardError(
            "the invocation names no shardId: the event source mapping of counting has lost its tumbling "
            "window; deploy the stack again"
        )
    return str(shard)


def window_answer(stuck_at: str | None) -> WindowAnswer:
    """Tell Lambda from which sequence number to go on; the window carries nothing from run to run."""
    failures = partial_failures([] if stuck_at is None else [stuck_at])
    return {"batchItemFailures": failures["batchItemFailures"], "state": {}}


def decode_changes(event: Mapping[str, Any]) -> list[RowChange | UnreadableChange]:
    """Read the records of a Lambda invocation by a DynamoDB stream with both images, in their order.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html. Items that aren't rows are
    left out. The last invocation of a window may bring no records.
    """
    return [_decode(record) for record in event.get("Records") or () if _is_row(record)]


def _is_row(record: Mapping[str, Any]) -> bool:
    return bool(record["dynamodb"]["Keys"]["sk"].get("S") == SORT_KEY)


def _decode(record: Mapping[str, Any]) -> RowChange | UnreadableChange:
    change = record["dynamodb"]
    try:
        return RowChange(
            sequence_number=change["SequenceNumber"],
            event_id=record["eventID"],
            at=datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
            before=_row(change.get("OldImage")),
            after=None if record["eventName"] == "REMOVE" else _row(change["NewImage"]),
        )
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        return UnreadableChange(change["SequenceNumber"], type(error).__name__)


def _row(image: Mapping[str, Any] | None) -> Row | None:
    return from_item(image) if image else None
