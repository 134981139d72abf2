"""The use case of the bulk path: an object that Firehose wrote, with all its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from postroad.contract.address import AddressError
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.newest_sends import NewestSends
from postroad.feedback.reading import read_event
from postroad.feedback.stored import stored_events
from postroad.observability import UNKNOWN_STREAM, Metric, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.evidence.ports import AppliedObjects, EventObjects
    from postroad.feedback.applying import Applying
    from postroad.feedback.event import FeedbackEvent
    from postroad.observability import Counts

EVENTS_AT_ONCE = 2_000
"""Held in memory and applied together: some 30 MB."""

MOST_TOLD = 5
"""Of what was malformed in one object, so much is logged; all of it is counted."""


@dataclass(slots=True)
class _Malformed:
    """What was wrong with an object's events, and whether it could be unpacked to its end."""

    problems: list[str] = field(default_factory=list)
    ends_early: bool = False


class EventObjectIntake:
    """Applies whole objects.

    The rows are written first, then the object is marked as applied: only a marked object lets the watermark
    pass. A crash in between repeats the object, which changes nothing.

    An event that can't be read is counted, told and left out, and holds the watermark back no more than one
    that SES never made: it would do so for ever, for every stream. An object that can't be unpacked to its
    end is another matter, since nobody knows what it holds: it fails, and holds the watermark back until an
    operator has mended or deleted it.
    """

    def __init__(
        self,
        *,
        stage: str,
        objects: EventObjects,
        applied: AppliedObjects,
        applying: Applying,
        counts: Counts,
        logger: Logger,
        events_at_once: int = EVENTS_AT_ONCE,
    ) -> None:
        """Read and mark objects here; apply their events by `applying`."""
        self._stage = stage
        self._objects = objects
        self._applied = applied
        self._applying = applying
        self._counts = counts
        self._logger = logger
        self._events_at_once = events_at_once

    def take(self, key: str, *, now: datetime, has_time: Callable[[], bool]) -> bool:
        """Apply one object, and say whether it is applied in full.

        It stops where `has_time` says so: what was applied by then stands, and is read again but not written.
        Raises a TransientError when a store can't be asked.
        """
        if self._applied.has(key):
            return True
        pieces = self._objects.read(key)
        if pieces is None:
            # Deleted, by an operator or because it was kept long enough: then it isn't listed either.
            self._logger.warning("object of events is gone", extra={"key": key})
            return True
        newest = NewestSends(self._stage, now=now)
        told = _Malformed()
        failed = 0
        try:
            events = _events(stored_events(pieces), told)
            while some := list(islice(events, self._events_at_once)):
                if not has_time():
                    self._logger.warning("no time left for an object of events", extra={"key": key})
                    return False
                for event in some:
                    newest.add(event)
                failed += self._apply(key, some, told)
        finally:
            self._report(key, told)
        if failed or told.ends_early:
            return False
        self._applied.mark(key, newest.by_stream, now=now)
        return True

    def _apply(self, key: str, events: list[FeedbackEvent], told: _Malformed) -> int:
        """Apply some events; return how many want to be applied again."""
        problems = [problem for problem in self._applying.apply(events) if problem is not None]
        told.problems.extend("recipient: not an address" for one in problems if isinstance(one, AddressError))
        again = [problem for problem in problems if not isinstance(problem, AddressError)]
        if again:
            # The error's own text may quote an address; its type and place don't.
            extra = {"key": key, "events": len(again)} | described(again[0])
            self._logger.warning("events of an object not applied", extra=extra)
        return len(again)

    def _report(self, key: str, told: _Malformed) -> None:
        if not told.problems:
            return
        self._counts.add(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM, len(told.problems))
        extra = {"key": key, "events": len(told.problems), "problems": told.problems[:MOST_TOLD]}
        self._logger.warning("malformed events in an object", extra=extra)


def _events(stored: Iterator[Mapping[str, object] | None], told: _Malformed) -> Iterator[FeedbackEvent]:
    """Yield the events that can be read; what can't is told, and so is an object that ends too early."""
    try:
        for event in stored:
            if event is None:
                told.problems.append("not JSON")
                continue
            try:
                yield from read_event(event)
            except MalformedEventError as error:
                told.problems.append(str(error))
            except Exception as error:  # noqa: BLE001  a bug in reading it: the object's other events go on
                told.problems.append(f"can't be read: {type(error).__name__}")
    except MalformedEventError as error:
        told.problems.append(str(error))
        told.ends_early = True
