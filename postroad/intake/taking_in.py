"""The use case: check an event, and put it on the queue of journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.event import check_event_time, event_text, parse_event

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.activity.declared import Declared
    from postroad.intake.ports import Queue


class Intake:
    """Takes events in, one at a time."""

    def __init__(self, *, declared: Declared, queue: Queue) -> None:
        """Take what is declared, onto this queue."""
        self._declared = declared
        self._queue = queue

    def take(self, body: bytes, *, now: datetime) -> str:
        """Put one event, `postroad.event.v1`, on the queue; return its id.

        Raises InvalidEvent for one that the journeys would refuse, NotQueuedError where the queue can't.
        """
        event = parse_event(body)
        self._declared.check(event)
        check_event_time(event, now=now)
        self._queue.put(event_text(event))
        return event.event_id
