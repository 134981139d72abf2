"""The keys of the table Schedule: pointers, and the few items of state that the functions share. Pure.

| pk | sk | holds |
|---|---|---|
| `v1#<stream>#<due minute>#<shard>` | priority, due time, message id, generation | a pointer |
| `minutes#<stream>` | due minute, priority | that pointers of this priority lie, or lay, there |
| `state#<stream>` | `switch`, `cursor`, `watermark`, `canary` | one item of state of a stream |
| `audit` | `progress` | how far the audit has come |
| `governor` | `rate` | how far the sending rate is leased, and what the daily quota leaves |
| `applied#<hour>` | an object's key | that the events of this object have been applied |

The due minute is `2026-11-22T14:03`, the shard one hexadecimal digit, the hour `2026-11-22T14`; all in UTC.

Without marks dispatch would have to ask for each minute of each stream, sixteen shards each, whether there is
anything: an idle stream would cost 256 queries a minute, and a year without dispatch some eight million. A
writer marks a minute before its first pointer there, once per process, so that marks cost next to nothing.
They go by TTL long after their minute.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zlib import crc32

from postroad.schedule.pointer import Mark, Pointer, Priority

SHARDS = "0123456789abcdef"
SWITCH = "switch"
CURSOR = "cursor"
WATERMARK = "watermark"
CANARY = "canary"
POINTERS = "v1#"
AUDIT = ("audit", "progress")
GOVERNOR = ("governor", "rate")


def pointer_partition(stream: str, minute: datetime, shard: str) -> str:
    """Return the partition key of the pointers of one stream, minute and shard."""
    return f"{POINTERS}{stream}#{minute_text(minute)}#{shard}"


def pointer_key(pointer: Pointer) -> tuple[str, str]:
    """Return where a pointer lies: partition and sort key. The same pointer always lies in the same place."""
    shard = SHARDS[crc32(pointer.message_id.encode()) % len(SHARDS)]
    at = pointer.due.astimezone(UTC)
    due = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}"
    order = f"{pointer.priority:d}#{due}#{pointer.message_id}#{pointer.generation}"
    return pointer_partition(pointer.stream, pointer.minute, shard), order


def read_pointer(key: tuple[str, str], fingerprint: str) -> Pointer:
    """Return the pointer that lies under this key; its due time has lost what is finer than milliseconds."""
    _, stream, minute, _ = key[0].split("#")
    priority, due, message_id, generation = key[1].split("#")
    return Pointer(
        stream=stream,
        message_id=message_id,
        fingerprint=fingerprint,
        generation=int(generation),
        due=datetime.fromisoformat(due).replace(tzinfo=UTC),
        minute=read_minute(minute),
        priority=Priority(int(priority)),
    )


def mark_partition(stream: str) -> str:
    """Return the partition key of a stream's marks."""
    return f"minutes#{stream}"


def mark_order(mark: Mark) -> str:
    """Return the sort key of a mark: by minute, then by priority."""
    return f"{minute_text(mark.minute)}#{mark.priority:d}"


def read_mark(order: str) -> Mark:
    """Return the mark that lies under this sort key."""
    minute, priority = order.split("#")
    return Mark(read_minute(minute), Priority(int(priority)))


def minute_text(minute: datetime) -> str:
    """Return `2026-11-22T14:03`."""
    return f"{minute.astimezone(UTC):%Y-%m-%dT%H:%M}"


def read_minute(text: str) -> datetime:
    """Return the minute of `2026-11-22T14:03`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def state_partition(stream: str) -> str:
    """Return the partition key of a stream's items of state."""
    return f"state#{stream}"


def applied_partition(hour: datetime) -> str:
    """Return the partition key of the objects of events that came in one hour."""
    return f"applied#{hour:%Y-%m-%dT%H}"
