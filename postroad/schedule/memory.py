"""The schedule and a stream's queue in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from postroad.schedule.keys import POINTERS, minute_text, pointer_key, read_pointer
from postroad.schedule.pointer import Mark
from postroad.schedule.ports import Due, Page

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from postroad.schedule.copies import Copy
    from postroad.schedule.pointer import Pointer
    from postroad.schedule.ports import AuditProgress, NotTaken


class MemorySchedule:
    """A `Schedule` in dictionaries."""

    def __init__(self) -> None:
        """Begin with nothing that waits."""
        self._fingerprints: dict[tuple[str, str], str] = {}
        self._marks: dict[str, set[Mark]] = {}
        self._cursors: dict[str, datetime] = {}
        self._progress: AuditProgress | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many pointers stand."""
        return len(self._fingerprints)

    def __contains__(self, message_id: str) -> bool:
        """Say whether a pointer to this message stands."""
        return bool(self.of(message_id))

    def of(self, message_id: str) -> list[Pointer]:
        """Return the pointers to this message, oldest generation first."""
        found = [pointer for pointer in self.all() if pointer.message_id == message_id]
        return sorted(found, key=lambda pointer: pointer.generation)

    def all(self) -> list[Pointer]:
        """Return every pointer, in the order in which dispatch pops those of one stream."""
        return sorted((read_pointer(*entry) for entry in list(self._fingerprints.items())), key=_order)

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand, and its minute be marked."""
        with self._lock:
            self._marks.setdefault(pointer.stream, set()).add(Mark(pointer.minute, pointer.priority))
            self._fingerprints[pointer_key(pointer)] = pointer.fingerprint

    def plant(self, pointer: Pointer) -> None:
        """Let the pointer stand without a mark, as one that was written far too late: for tests."""
        self._fingerprints[pointer_key(pointer)] = pointer.fingerprint

    def marks(self, stream: str, *, first: datetime | None, last: datetime, limit: int) -> Sequence[Mark]:
        """Return the oldest marks from minute `first` to `last`, inclusive."""
        marks = sorted(self._marks.get(stream, ()))
        return [mark for mark in marks if (first is None or first <= mark.minute) and mark.minute <= last][
            :limit
        ]

    def due(self, stream: str, minute: datetime, *, limit: int) -> Due:
        """Return the first pointers under a minute."""
        begins, minutes = f"{POINTERS}{stream}#", f"#{minute_text(minute)}#"
        with self._lock:
            found = sorted(
                (
                    (key[1], read_pointer(key, fingerprint))
                    for key, fingerprint in self._fingerprints.items()
                    if key[0].startswith(begins) and minutes in key[0]
                ),
                key=lambda entry: entry[0],
            )
        return Due([pointer for _, pointer in found[:limit]], more=len(found) > limit)

    def remove(self, pointers: Collection[Pointer]) -> None:
        """Remove these pointers."""
        with self._lock:
            for pointer in pointers:
                self._fingerprints.pop(pointer_key(pointer), None)

    def cursor(self, stream: str) -> datetime | None:
        """Return the minute up to which everything has been handed out."""
        return self._cursors.get(stream)

    def move_cursor(self, stream: str, to: datetime, *, expected: datetime | None) -> bool:
        """Move the cursor if it still stands where it was read."""
        with self._lock:
            if self._cursors.get(stream) != expected:
                return self._cursors.get(stream) == to
            self._cursors[stream] = to
            return True

    def page(self, start: tuple[str, str] | None, *, limit: int) -> Page:
        """Return one page of all pointers."""
        with self._lock:
            keys = sorted(key for key in self._fingerprints if start is None or key > start)
            found = keys[:limit]
            pointers = [read_pointer(key, self._fingerprints[key]) for key in found]
        return Page(pointers, found[-1] if len(keys) > limit else None)

    def audit_progress(self) -> AuditProgress | None:
        """Return how far the latest audit has come."""
        return self._progress

    def save_audit_progress(self, progress: AuditProgress) -> None:
        """Remember how far the audit has come."""
        self._progress = progress


class MemoryQueue:
    """A `StreamQueue` in a list; `refuses` says by message id what it does not take."""

    def __init__(self) -> None:
        """Begin with nothing on the queue."""
        self.copies: list[Copy] = []
        self.refuses: dict[str, NotTaken] = {}
        self.waiting = 0
        """What lies there beside `copies`."""

    def depth(self) -> int:
        """Return how many messages are on the queue."""
        return self.waiting + len(self.copies)

    def send(self, copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        """Put one batch on the queue."""
        refused = {
            place: self.refuses[copy.pointer.message_id]
            for place, copy in enumerate(copies)
            if copy.pointer.message_id in self.refuses
        }
        self.copies.extend(copy for place, copy in enumerate(copies) if place not in refused)
        return refused


def _order(pointer: Pointer) -> tuple[datetime, str]:
    return pointer.minute, pointer_key(pointer)[1]
