"""Publishes in the background: a thread that waits until events are due, gathers, retries and counts."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from postroad.clock import Clock
    from postroad.local.simulator.mail import SesEvent

TRIES = 6
FIRST_WAIT = timedelta(milliseconds=200)  # doubled with each try
LONGEST_SLEEP = 1.0  # seconds

_log = logging.getLogger("postroad.simulator")


class Carrier(Protocol):
    """Takes events to one kind of destination: at most `most` of `most_bytes` at a time.

    The first of them waits for company until no other has come for `quiet`, and for `gather` at the longest.
    Each weighs `overhead` bytes beside its own.
    """

    most: int
    most_bytes: int
    overhead: int
    gather: timedelta
    quiet: timedelta

    def carry(self, destination: str, messages: Sequence[str]) -> Collection[int]:
        """Hand the messages over, in order; return the places of those that were not taken.

        Raises BotoCoreError or ClientError where none was.
        """
        ...


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
    destination: str = field(compare=False)
    message: str = field(compare=False)
    submission: _Submission = field(compare=False)
    tries: int = field(compare=False, default=0)


class Publisher:
    """One thread, so that events due at one time go in the order in which they were made."""

    def __init__(self, carrier: Carrier, clock: Clock, *, name: str) -> None:
        """Start nothing yet; `name` is the thread's."""
        self._carrier = carrier
        self._clock = clock
        self._waiting: dict[str, list[_Waiting]] = {}
        self._latest: dict[str, datetime] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self.published = 0
        self.retried = 0
        self.given_up = 0
        self._under_way = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

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

    def submit(self, events: Iterable[SesEvent]) -> Future[int]:
        """Queue events for each destination that asked; the future ends once each is out or given up."""
        wanted = [(event, destination) for event in events for destination in event.destinations]
        submission = _Submission(len(wanted))
        with self._changed:
            for event, destination in wanted:
                self._push(_Waiting(event.due, next(self._numbers), destination, event.message, submission))
            self._changed.notify()
        return submission.done

    def counts(self) -> dict[str, int]:
        with self._changed:
            return {
                "published": self.published,
                "waiting": sum(map(len, self._waiting.values())) + self._under_way,
                "retried": self.retried,
                "given_up": self.given_up,
            }

    def _push(self, each: _Waiting) -> None:
        heapq.heappush(self._waiting.setdefault(each.destination, []), each)
        self._latest[each.destination] = self._clock.now()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            failed = self._publish(batch)
            with self._changed:
                self._under_way = 0
                for place, each in enumerate(batch):
                    self._settle(each, failed=place in failed)

    def _next_batch(self) -> list[_Waiting] | None:
        with self._changed:
            while not self._stopped:
                now = self._clock.now()
                queues = sorted((queue for queue in self._waiting.values() if queue), key=lambda q: q[0])
                for queue in queues:
                    if self._is_ready(queue, now):
                        batch = self._pop_batch(queue, now)
                        self._under_way = len(batch)
                        return batch
                sleep = LONGEST_SLEEP
                for queue in queues:
                    sleep = min(sleep, max(0.0, (self._ready_at(queue[0]) - now).total_seconds()))
                self._changed.wait(sleep)
        return None

    def _is_ready(self, queue: list[_Waiting], now: datetime) -> bool:
        """Whether the first has waited long enough, or enough are due to fill a batch."""
        if self._ready_at(queue[0]) <= now:
            return True
        return (
            len(queue) >= self._carrier.most and sum(each.due <= now for each in queue) >= self._carrier.most
        )

    def _ready_at(self, first: _Waiting) -> datetime:
        """Return until when the first of a queue waits for company."""
        quiet_at = max(first.due, self._latest[first.destination]) + self._carrier.quiet
        return min(quiet_at, first.due + self._carrier.gather)

    def _pop_batch(self, queue: list[_Waiting], now: datetime) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while queue and len(batch) < self._carrier.most and queue[0].due <= now:
            size += len(queue[0].message) + self._carrier.overhead
            if batch and size > self._carrier.most_bytes:
                break
            batch.append(heapq.heappop(queue))
        return batch

    def _publish(self, batch: list[_Waiting]) -> Collection[int]:
        """Publish one batch to its destination; the places of those that failed."""
        try:
            return self._carrier.carry(batch[0].destination, [each.message for each in batch])
        except (BotoCoreError, ClientError) as error:
            _log.warning("%d events were not taken: %s", len(batch), type(error).__name__)
            return range(len(batch))

    def _settle(self, each: _Waiting, *, failed: bool) -> None:
        if not failed:
            self.published += 1
            each.submission.settle(published=True)
            return
        each.tries += 1
        if each.tries >= TRIES:
            self.given_up += 1
            _log.error("given up publishing an event to %s", each.destination)
            each.submission.settle(published=False)
            return
        self.retried += 1
        each.due = self._clock.now() + FIRST_WAIT * 2 ** (each.tries - 1)
        self._push(each)
