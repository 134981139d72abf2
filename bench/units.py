"""What AWS bills for one request: sizes and units, by the rules that each service publishes. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KIBIBYTE = 1024
GIBIBYTE = 1024**3
WRITE_UNIT_BYTES = KIBIBYTE
READ_UNIT_BYTES = 4 * KIBIBYTE
QUEUE_CHUNK_BYTES = 64 * KIBIBYTE
FIREHOSE_STEP_BYTES = 5 * KIBIBYTE
STORED_OVERHEAD_BYTES = 100
_CONTAINER_BYTES = 3


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size of an item in DynamoDB's own notation, names and values.

    "DynamoDB item sizes and formats":
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: int, after: int) -> int:
    """Return what a write of an item of `after` bytes over one of `before` bytes (0: none) takes.

    The larger of the two counts, in steps of 1 KB; a write whose condition fails takes as much.
    """
    return max(1, ceil(max(before, after) / WRITE_UNIT_BYTES))


def read_units(size: int, *, consistent: bool) -> float:
    """Return what reading one item takes, in steps of 4 KB; one that is not there takes one step, too."""
    units = max(1, ceil(size / READ_UNIT_BYTES))
    return units if consistent else units / 2


def queue_requests(size: int) -> int:
    """Return how many requests SQS bills for one of `size` bytes: one for each 64 KB of payload."""
    return max(1, ceil(size / QUEUE_CHUNK_BYTES))


def firehose_bytes(record: int) -> int:
    """Return how many bytes Firehose bills for a record: each is rounded up to 5 KB."""
    return max(1, ceil(record / FIREHOSE_STEP_BYTES)) * FIREHOSE_STEP_BYTES


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_bytes(content)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return _CONTAINER_BYTES + len(content) + item_bytes(content)
        case "L":
            return _CONTAINER_BYTES + sum(1 + _value_bytes(one) for one in content)
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: one}) for one in content)
        case _:
            raise ValueError(f"{kind}: no type of DynamoDB's")


def _number_bytes(text: str) -> int:
    """One byte for two significant digits, and one more; zeros at either end are not significant."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")
