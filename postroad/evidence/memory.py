"""The evidence in memory."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.evidence.canary import CanaryAnswer, CanaryOutcome
from postroad.evidence.object_keys import hour_of, time_of
from postroad.evidence.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

PIECE = 1_000
"""Objects come in pieces of so many bytes: an event rarely fits one."""


class MemoryWatermarks:
    """`MovingWatermarks` in a dictionary."""

    def __init__(self, **watermarks: datetime) -> None:
        """Begin with these watermarks, by stream."""
        self._watermarks = dict(watermarks)
        self._lock = threading.Lock()

    def read(self, stream: str) -> datetime | None:
        """Return the watermark, or None."""
        return self._watermarks.get(stream)

    def advance(self, stream: str, to: datetime) -> None:
        """Let the watermark be `to`, or what stands if that is later."""
        with self._lock:
            self._watermarks[stream] = max(to, self._watermarks.get(stream, to))


class MemoryAppliedObjects:
    """`AppliedObjects` in a dictionary."""

    def __init__(self) -> None:
        """Begin with none applied."""
        self._marks: dict[str, Mapping[str, datetime]] = {}

    def mark(self, key: str, newest_sends: Mapping[str, datetime], *, now: datetime) -> None:  # noqa: ARG002  as the port has it
        """Remember an object."""
        if time_of(key) is not None:
            self._marks[key] = dict(newest_sends)

    def has(self, key: str) -> bool:
        """Say whether this object has been applied."""
        return key in self._marks

    def of_hour(self, hour: datetime) -> Mapping[str, Mapping[str, datetime]]:
        """Return the applied objects of this hour."""
        return {
            key: sends
            for key, sends in self._marks.items()
            if (at := time_of(key)) is not None and hour_of(at) == hour
        }


class MemoryEventObjects:
    """`EventObjects` in a dictionary."""

    def __init__(self) -> None:
        """Begin with an empty bucket."""
        self.objects: dict[str, bytes] = {}

    def read(self, key: str) -> Iterator[bytes] | None:
        """Return the object's bytes in small pieces, or None."""
        data = self.objects.get(key)
        if data is None:
            return None
        return (data[start : start + PIECE] for start in range(0, len(data), PIECE))

    def keys(self, *, after: str, limit: int) -> Sequence[str]:
        """Return the keys after `after`, in the order of their bytes."""
        return sorted((key for key in self.objects if key.encode() > after.encode()), key=str.encode)[:limit]


class MemoryNotices:
    """`Notices` in a list."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.sent: list[str] = []

    def send(self, keys: Sequence[str], *, now: datetime) -> None:  # noqa: ARG002  as the port has it
        """Remember what was told."""
        self.sent.extend(keys)


class MemoryCanaryPatience:
    """`CanaryPatience` in a dictionary."""

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._remembered: dict[str, Patience] = {}
        self._lock = threading.Lock()

    def read(self, stream: str) -> Patience:
        """Return what is remembered."""
        return self._remembered.get(stream, Patience())

    def write(self, stream: str, patience: Patience) -> None:
        """Remember this unless somebody wrote since it was read."""
        with self._lock:
            if self.read(stream).version == patience.version:
                self._remembered[stream] = replace(patience, version=patience.version + 1)


class MemoryCanaries:
    """`Canaries` that are answered as the test says, and remembered."""

    def __init__(self, answer: CanaryAnswer | None = None) -> None:
        """Answer each with `answer`, by default that SES accepted it."""
        self.answer = answer or CanaryAnswer(CanaryOutcome.ACCEPTED)
        self.sent: list[str] = []

    def send(self, stream: str) -> CanaryAnswer:
        """Send none, and answer."""
        self.sent.append(stream)
        return self.answer
