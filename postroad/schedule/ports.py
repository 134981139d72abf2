"""What the use cases need of the schedule, and of the queues that it fills."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from postroad.schedule.copies import Copy
from postroad.schedule.pointer import Mark, Pointer


class Pointers(Protocol):
    """Where a message that waits gets its pointer. Writing one again changes nothing."""

    def put(self, pointer: Pointer) -> None:
        """Let the pointer stand, and its minute be marked. Raises ScheduleUnavailableError."""
        ...


class Removal(Protocol):
    """What takes pointers out of the schedule."""

    def remove(self, pointers: Collection[Pointer]) -> None:
        """Remove these; one that is gone already does no harm. Raises ScheduleUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """The first pointers of a minute in their order; `more` says whether there are others behind them."""

    pointers: Sequence[Pointer]
    more: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some of all pointers; `next_key` is where the next page begins, None at the end."""

    pointers: Sequence[Pointer]
    next_key: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """How far the audit of a day (UTC) has come: it goes on at `next_key`, or is done."""

    day: date
    next_key: tuple[str, str] | None = None
    done: bool = False


class Schedule(Pointers, Removal, Protocol):
    """The pointers as dispatch sees them. Every method raises ScheduleUnavailableError."""

    def marks(self, stream: str, *, first: datetime | None, last: datetime, limit: int) -> Sequence[Mark]:
        """Return the oldest marks from minute `first` (None: from the beginning) to `last`, inclusive."""
        ...

    def due(self, stream: str, minute: datetime, *, limit: int) -> Due:
        """Return the first pointers under a minute, by priority, time and id; a consistent read."""
        ...

    def cursor(self, stream: str) -> datetime | None:
        """Return the minute up to which, itself included, everything has been handed out; None at first."""
        ...

    def move_cursor(self, stream: str, to: datetime, *, expected: datetime | None) -> bool:
        """Move the cursor if it still stands where it was read, and say whether it now stands at `to`."""
        ...

    def page(self, start: tuple[str, str] | None, *, limit: int) -> Page:
        """Return one page of all pointers of all streams, in no order; `limit` items are looked at."""
        ...

    def audit_progress(self) -> AuditProgress | None:
        """Return how far the latest audit has come."""
        ...

    def save_audit_progress(self, progress: AuditProgress) -> None:
        """Remember how far the audit has come."""
        ...


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why a queue did not take a copy; `forever` if asking again can't help."""

    code: str
    forever: bool


class StreamQueue(Protocol):
    """A stream's queue, as dispatch fills it. Its methods raise QueueUnavailableError."""

    def depth(self) -> int:
        """Return about how many messages are on the queue: visible, in flight and delayed."""
        ...

    def send(self, copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        """Put one batch on the queue; return those that it did not take, by their place in it."""
        ...
