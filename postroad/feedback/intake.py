"""The use case: take in what SES reports, event by event from SNS and by the thousand from S3."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.address import AddressError
from postroad.errors import TransientError
from postroad.evidence.notification import NotANotificationError, is_of_s3, keys_of
from postroad.feedback.envelope import open_envelope
from postroad.feedback.errors import MalformedEventError
from postroad.feedback.reading import read_event
from postroad.observability import UNKNOWN_STREAM, Metric, described

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.clock import Clock
    from postroad.evidence.following import Following
    from postroad.feedback.applying import Applying
    from postroad.feedback.event import FeedbackEvent
    from postroad.feedback.objects import EventObjectIntake
    from postroad.observability import Counts
    from postroad.records import Record

RESERVE = 5
"""In the last fifth of the function's time no more events are taken up, so that it ends by itself."""

FOLLOW_EVERY = timedelta(seconds=5)
"""So often one process lets the watermarks follow, at most."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a record holds: SES's events, or the keys of objects that are full of them."""

    record: Record
    events: Sequence[FeedbackEvent] = field(default=(), repr=False)
    keys: Sequence[str] = ()


class Feedback:
    """Takes SES's events in, each as often as it comes, in whatever order."""

    def __init__(
        self,
        *,
        applying: Applying,
        objects: EventObjectIntake,
        following: Following,
        bucket: str,
        clock: Clock,
        counts: Counts,
        logger: Logger,
    ) -> None:
        """Apply events and objects of `bucket` by these, and let the watermarks follow."""
        self._applying = applying
        self._objects = objects
        self._following = following
        self._bucket = bucket
        self._clock = clock
        self.counts = counts
        self._logger = logger
        self._followed_at: datetime | None = None

    def take(
        self, records: Sequence[Record], *, seconds_left: Callable[[], float] = lambda: float("inf")
    ) -> list[str]:
        """Apply the records; return the SQS ids of those that must be handed out again.

        A record fails alone: one that can't be read goes round until the queue moves it to its dead letters,
        where an operator finds it whole; one whose store didn't answer goes round until it does. So does an
        object for which no time is left: `seconds_left` tells how long the function may still run.
        """
        reserve = seconds_left() / RESERVE
        failed: set[str] = set()
        read: list[_Read] = []
        for record in records:
            try:
                read.append(self._read(record))
            except (MalformedEventError, NotANotificationError) as error:
                failed.add(record.sqs_id)
                self._report_malformed(record, str(error))
            except Exception as error:  # noqa: BLE001  a bug in reading it: the batch's other records go on
                failed.add(record.sqs_id)
                self._report_malformed(record, f"can't be read: {type(error).__name__}")
        # What came by itself comes first: it is the news that has to act within seconds.
        failed |= self._apply([one for one in read if one.events])
        failed |= self._take_objects([one for one in read if one.keys], lambda: seconds_left() >= reserve)
        return [record.sqs_id for record in records if record.sqs_id in failed]

    def _read(self, record: Record) -> _Read:
        payload = open_envelope(record.body)
        if payload is None:
            return _Read(record)
        if is_of_s3(payload):
            return _Read(record, keys=keys_of(payload, bucket=self._bucket))
        return _Read(record, events=read_event(payload))

    def _report_malformed(self, record: Record, problem: str) -> None:
        self.counts.add(Metric.MALFORMED_EVENTS, UNKNOWN_STREAM)
        self._logger.warning("malformed event", extra={"sqs_id": record.sqs_id, "problem": problem})

    def _apply(self, read: Sequence[_Read]) -> set[str]:
        """Apply what came by itself; each event is tried, whatever becomes of its record's others."""
        said = [(one.record, event) for one in read for event in one.events]
        problems = self._applying.apply([event for _, event in said])
        failed = set()
        for (record, event), problem in zip(said, problems, strict=True):
            if problem is None:
                continue
            failed.add(record.sqs_id)
            if isinstance(problem, AddressError):
                self._report_malformed(record, f"recipient of {event.ses_message_id}: not an address")
            else:
                # The error's own text may quote an address; its type and place don't.
                extra = _named(record, event) | described(problem)
                self._logger.warning("event not applied", extra=extra)
        return failed

    def _take_objects(self, read: Sequence[_Read], has_time: Callable[[], bool]) -> set[str]:
        failed = set()
        for one in read:
            for key in one.keys:
                if not has_time() or not self._took(one.record, key, has_time):
                    failed.add(one.record.sqs_id)
        if read:
            self._follow(self._clock.now())
        return failed

    def _took(self, record: Record, key: str, has_time: Callable[[], bool]) -> bool:
        try:
            return self._objects.take(key, now=self._clock.now(), has_time=has_time)
        except Exception as error:  # noqa: BLE001  it concerns this object alone, and SQS brings that again
            extra = {"sqs_id": record.sqs_id, "key": key} | described(error)
            self._logger.warning("object of events not applied", extra=extra)
            return False

    def _follow(self, now: datetime) -> None:
        # In a flood of objects each one's turn would look at all the others. What is left out here is done
        # a moment later, at the latest by dispatch.
        if self._followed_at is not None and timedelta(0) <= now - self._followed_at < FOLLOW_EVERY:
            return
        self._followed_at = now
        try:
            self._following.follow(now=now)
        except TransientError as error:
            # The objects are marked, and dispatch does the same each minute.
            self._logger.warning("watermarks not moved", extra=described(error))


def _named(record: Record, event: FeedbackEvent) -> dict[str, str]:
    return {
        "sqs_id": record.sqs_id,
        "ses_message_id": event.ses_message_id,
        "message_id": event.message_id,
    }
