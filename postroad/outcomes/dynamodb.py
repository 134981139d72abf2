"""From the records of the Messages table's stream to changes of rows, and the answer to Lambda."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from postroad.ledger.item import SORT_KEY, from_item
from postroad.outcomes.transition import RowChange, UnreadableChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.ledger.row import Row


def decode_changes(event: Mapping[str, Any]) -> list[RowChange | UnreadableChange]:
    """Read the records of a Lambda invocation by a DynamoDB stream with both images, in their order.

    The format: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html. Items that aren't rows are
    left out.
    """
    return [_decode(record) for record in event["Records"] if _is_row(record)]


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
