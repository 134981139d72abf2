"""Firehose and its bucket: events gather for a minute, then lie in one object under a key by its time."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from postroad.clock import FixedClock
from tests.matrix.ses_stand_in import is_of_canary, text_of

BUFFER = timedelta(seconds=60)
FIRST = "events/"


@dataclass
class EventBucket:
    """What SES tells of every mail, in objects; `stuck` lets nothing through until it ends.

    While it is `deaf` nobody is notified of an object (S3's notifications may be lost); `notice_delays` says
    how late the next notifications come.
    """

    clock: FixedClock
    stuck: bool = False
    deaf: bool = False
    notice_delays: list[timedelta] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    with_mail: set[str] = field(default_factory=set)
    """The keys of objects that tell of more than canaries."""
    since: datetime | None = None

    def gather(self, payload: dict[str, Any]) -> None:
        """Take one event into the buffer."""
        self.waiting.append(payload)
        if self.since is None:
            self.since = self.clock.now()

    @property
    def has_mail_waiting(self) -> bool:
        return not all(map(is_of_canary, self.waiting))

    def next_flush(self) -> datetime | None:
        """Return when the next object is written, or None where nothing waits or all is stuck."""
        return None if self.since is None or self.stuck else self.since + BUFFER

    def flush(self) -> str:
        """Write what is waiting as one object, and return its key."""
        began = self.since or self.clock.now()
        key = (
            f"{FIRST}{began:%Y/%m/%d/%H}/matrix-events-1-{began:%Y-%m-%d-%H-%M-%S}-{len(self.objects):04d}.gz"
        )
        self.objects[key] = gzip.compress("".join(text_of(each) + "\n" for each in self.waiting).encode(), 1)
        if self.has_mail_waiting:
            self.with_mail.add(key)
        self.waiting.clear()
        self.since = None
        return key

    def read(self, key: str) -> Iterator[bytes] | None:
        """Return an object's bytes, as the port of the evidence has it."""
        found = self.objects.get(key)
        return None if found is None else iter([found])

    def keys(self, *, after: str, limit: int) -> Sequence[str]:
        """Return keys in the order of their bytes, as the port of the evidence has it."""
        return sorted(key for key in self.objects if key > after)[:limit]
