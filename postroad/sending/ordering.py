"""In which order a batch's records are handled. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from postroad.records import Record
    from postroad.sending.mail import Parsed


def in_turn(records: Sequence[Record]) -> list[Record]:
    """Return new records as they came, then those that came before in an order that each receive changes.

    A record that kills the process takes those down with it that come after it. They come again together; in
    another order they get past it.
    """
    return sorted(records, key=_turn)


def rounds(parsed: Sequence[Parsed]) -> Iterator[list[Parsed]]:
    """Part copies of one message, so that the second meets the first one's result and not its lease."""
    waiting = list(parsed)
    while waiting:
        seen: set[str] = set()
        now: list[Parsed] = []
        rest: list[Parsed] = []
        for one in waiting:
            (rest if one.message.message_id in seen else now).append(one)
            seen.add(one.message.message_id)
        yield now
        waiting = rest


def _turn(record: Record) -> bytes:
    # No checksum: those of texts that differ alike differ alike, and the order would hardly change.
    return b"" if record.receives <= 1 else sha256(f"{record.sqs_id}#{record.receives}".encode()).digest()
