"""Publishes SES events to the SNS topics that asked for them: in the background, retried, counted."""

import heapq
import itertools
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.clock import Clock
from postroad.local.simulator.mail import SesEvent

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

SUBJECT = "Amazon SES Email Event Notification"
MOST_IN_A_BATCH = 10
MOST_BYTES_IN_A_BATCH = 240 * 1024  # SNS takes 256 KiB
TRIES = 6
FIRST_WAIT = timedelta(milliseconds=200)  # doubled with each try
LONGEST_SLEEP = 1.0  # seconds

_log = logging.getLogger("postroad.simulator")


class _Submission:
    """Events submitted together; `done` holds how many of them were given up."""

    def __init__(self, size: int) -> None:
        self.done: Future[int] = Future()
        self._left = size
        self._given_up = 0
        if not size:
            self.done.set_result(0)

    def settle(self, *, published: bool) -> None:
        self._left -= 1
        self._given_up += not published
        if not self._left:
            self.done.set_result(self._given_up)


@dataclass(order=True, slots=True)
class _Waiting:
    due: datetime
    number: int
    topic: str = field(compare=False)
    message: str = field(compare=False)
    submission: _Submission = field(compare=False)
    tries: int = field(compare=False, default=0)


class Publisher:
    """One thread, so that events due at one time go in the order in which they were made."""

    def __init__(self, client: "SNSClient", clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self.published = 0
        self.retried = 0
        self.given_up = 0
        self._thread = threading.Thread(target=self._run, name="simulator-events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if it was started; what waits is not published."""
        if not self._thread.is_alive():
            return
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def submit(self, events: Iterable[SesEvent]) -> "Future[int]":
        """Queue events for each topic that asked; the future ends once all are published or given up."""
        wanted = [(event, topic) for event in events for topic in event.topics]
        submission = _Submission(len(wanted))
        with self._changed:
            for event, topic in wanted:
                number = next(self._numbers)
                heapq.heappush(self._waiting, _Waiting(event.due, number, topic, event.message, submission))
            self._changed.notify()
        return submission.done

    def counts(self) -> dict[str, int]:
        with self._changed:
            return {
                "published": self.published,
                "waiting": len(self._waiting),
                "retried": self.retried,
                "given_up": self.given_up,
            }

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            failed = self._publish(batch)
            with self._changed:
                for each in batch:
                    self._settle(each, failed=each.number in failed)

    def _next_batch(self) -> list[_Waiting] | None:
        with self._changed:
            while not self._stopped:
                now = self._clock.now()
                if self._waiting and self._waiting[0].due <= now:
                    return self._pop_batch(now)
                sleep = LONGEST_SLEEP
                if self._waiting:
                    sleep = min(sleep, (self._waiting[0].due - now).total_seconds())
                self._changed.wait(sleep)
        return None

    def _pop_batch(self, now: datetime) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_IN_A_BATCH and self._waiting[0].due <= now:
            first = self._waiting[0]
            size += len(first.message)
            if batch and (first.topic != batch[0].topic or size > MOST_BYTES_IN_A_BATCH):
                break
            batch.append(heapq.heappop(self._waiting))
        return batch

    def _publish(self, batch: list[_Waiting]) -> set[int]:
        """Publish one batch to its topic; the numbers of those that failed."""
        entries: list[PublishBatchRequestEntryTypeDef] = [
            {"Id": str(each.number), "Message": each.message, "Subject": SUBJECT} for each in batch
        ]
        try:
            answer = self._client.publish_batch(TopicArn=batch[0].topic, PublishBatchRequestEntries=entries)
        except (BotoCoreError, ClientError) as error:
            _log.warning("SNS took none of %d events: %s", len(batch), type(error).__name__)
            return {each.number for each in batch}
        return {int(each["Id"]) for each in answer.get("Failed", [])}

    def _settle(self, each: _Waiting, *, failed: bool) -> None:
        if not failed:
            self.published += 1
            each.submission.settle(published=True)
            return
        each.tries += 1
        if each.tries >= TRIES:
            self.given_up += 1
            _log.error("given up publishing an event to %s", each.topic)
            each.submission.settle(published=False)
            return
        self.retried += 1
        each.due = self._clock.now() + FIRST_WAIT * 2 ** (each.tries - 1)
        heapq.heappush(self._waiting, each)
