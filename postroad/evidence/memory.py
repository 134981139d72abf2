"""The watermarks in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class MemoryWatermarks:
    """`Watermarks` in a dictionary; they only ever rise."""

    def __init__(self) -> None:
        """Begin without a watermark."""
        self._marks: dict[str, datetime] = {}

    def read(self, stream: str) -> datetime | None:
        """Return the stream's watermark, or None."""
        return self._marks.get(stream)

    def rise(self, stream: str, to: datetime) -> None:
        """Let the watermark stand at `to`, unless it stands higher."""
        self._marks[stream] = max(to, self._marks.get(stream, to))
