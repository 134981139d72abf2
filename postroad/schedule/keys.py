"""The keys of the table Schedule: pointers, and the few items of state that the functions share. Pure.

| pk | sk | holds |
|---|---|---|
| `v1#<stream>#<due minute>#<shard>` | priority, due time, message id, generation | a pointer |
| `state#<stream>` | `switch`, `cursor`, `watermark`, `canary` | one item of state of a stream |
| `applied#<hour>` | an object's key | that the events of this object have been applied |

The due minute is `2026-11-22T14:03`, the shard one hexadecimal digit, the hour `2026-11-22T14`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.schedule.pointer import Pointer

SHARDS = "0123456789abcdef"
SWITCH = "switch"
CURSOR = "cursor"
WATERMARK = "watermark"
CANARY = "canary"


def pointer_partition(stream: str, minute: datetime, shard: str) -> str:
    """Return the partition key of the pointers of one stream, minute and shard."""
    return f"v1#{stream}#{minute:%Y-%m-%dT%H:%M}#{shard}"


def pointer_key(pointer: Pointer) -> tuple[str, str]:
    """Return where a pointer lies: partition and sort key. The same pointer always lies in the same place."""
    shard = SHARDS[crc32(pointer.message_id.encode()) % len(SHARDS)]
    due = f"{pointer.due:%Y-%m-%dT%H:%M:%S}.{pointer.due.microsecond // 1000:03d}"
    order = f"{pointer.priority:d}#{due}#{pointer.message_id}#{pointer.generation}"
    return pointer_partition(pointer.stream, pointer.minute, shard), order


def state_partition(stream: str) -> str:
    """Return the partition key of a stream's items of state."""
    return f"state#{stream}"


def applied_partition(hour: datetime) -> str:
    """Return the partition key of the objects of events that came in one hour."""
    return f"applied#{hour:%Y-%m-%dT%H}"
