"""The use case: once a day look at every pointer, for those that no run of dispatch will meet any more.

Such a pointer was written late: its minute had been swept, and read again for a quarter of an hour. That
takes a function that was frozen while it wrote, or a clock that was far out. It is moved to a minute that is
still to come, and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

from postroad.schedule.pointer import first_read
from postroad.schedule.ports import AuditProgress
from postroad.schedule.sweeping import move

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from postroad.schedule.pointer import Pointer
    from postroad.schedule.ports import Schedule

PAGE = 1_000
"""Items looked at between two notes of how far it has come."""


@dataclass(slots=True)
class Audited:
    """What one run of the audit found. `strange` counts pointers of streams that are not deployed."""

    moved: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    done: bool = True


class Audit:
    """Looks at every pointer, a page at a time, once each day (UTC). Raises ScheduleUnavailableError."""

    def __init__(self, *, schedule: Schedule) -> None:
        """Work on this schedule."""
        self._schedule = schedule

    def run(
        self, cursors: Mapping[str, datetime | None], *, now: datetime, may_go_on: Callable[[], bool]
    ) -> Audited:
        """Go on with today's audit while `may_go_on` says so; `cursors` holds those of the streams.

        What lies where dispatch will still come, since a stream is stopped or behind, is left alone.
        """
        today = now.astimezone(UTC).date()
        progress = self._schedule.audit_progress()
        if progress is None or progress.day != today:
            progress = AuditProgress(today)
        audited = Audited()
        while not progress.done:
            if not may_go_on():
                audited.done = False
                break
            page = self._schedule.page(progress.next_key, limit=PAGE)
            for pointer in page.pointers:
                self._judge(pointer, cursors, now, audited)
            progress = replace(progress, next_key=page.next_key, done=page.next_key is None)
            self._schedule.save_audit_progress(progress)
        return audited

    def _judge(
        self, pointer: Pointer, cursors: Mapping[str, datetime | None], now: datetime, audited: Audited
    ) -> None:
        if pointer.stream not in cursors:
            audited.strange[pointer.stream] += 1
            return
        first = first_read(cursors[pointer.stream], now=now)
        if first is None or pointer.minute >= first:
            return
        move(self._schedule, pointer, now=now)
        audited.moved[pointer.stream] += 1
