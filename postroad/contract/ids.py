"""Message ids for producers that have none of their own."""

from datetime import datetime
from uuid import UUID

RANDOM_BYTES = 10
"""So many are passed in; 74 of their 80 bits are used."""


def make_message_id(now: datetime, random: bytes) -> str:
    """Make a UUID of version 7 (RFC 9562, section 5.7): it sorts by time, to the millisecond."""
    milliseconds = int(now.timestamp() * 1000)
    bits = int.from_bytes(random)
    high, low = bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))
