"""Puts made messages on their queues: at a pace, in several threads, and counted."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from postroad.batches import MOST_ENTRIES
from postroad.client import NotEnqueued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.client import Receipt
    from postroad.contract.words import Status
    from postroad.load.making import Made

PACE_SECONDS = 0.1
"""How often a paced load enqueues: what is asked for as a rate comes so evenly."""
MOST_AT_ONCE = 1000
"""Messages of one turn: a fast load comes in more turns, so that memory stays small."""
UNPACED = 200
_WAITING = 2
"""Requests made ready per thread, so that none waits for the next message to be made."""


class Queue(Protocol):
    """Takes messages of one stream: `postroad.client.Outbox`."""

    def enqueue_many(self, messages: Iterable[Mapping[str, object]], /) -> list[Receipt]:
        """Enqueue them; raises NotEnqueued, which says which ones are not on the queue."""
        ...


@dataclass(slots=True)
class Tally:
    """What is on the queues so far. `expected` tells by message id how each should end."""

    messages: int = 0
    copies: int = 0
    not_enqueued: int = 0
    why: Counter[str] = field(default_factory=Counter)
    expected: dict[str, Status] = field(default_factory=dict)
    latest: datetime | None = None
    seconds: float = 0.0
    stopped: bool = False
    """Whether it ended early, as SQS took nothing of a whole request: what follows would fare alike."""

    @property
    def enqueued(self) -> int:
        """Messages on the queues, second copies among them."""
        return self.messages + self.copies

    @property
    def per_second(self) -> float:
        """How many came on the queues in a second."""
        return self.enqueued / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast (messages a second; None: as fast as they go), by which clock and how to wait (seconds)."""

    rate: float | None
    now: Callable[[], float]
    pause: Callable[[float], object]

    @property
    def turn(self) -> int:
        """Messages of one turn."""
        if self.rate is None:
            return UNPACED
        return min(max(1, round(self.rate * PACE_SECONDS)), MOST_AT_ONCE)


def enqueue(
    made: Iterator[Made],
    queues: Mapping[str, Queue],
    *,
    pace: Pace,
    threads: int,
    tally: Tally,
    show: Callable[[int], object],
) -> None:
    """Enqueue all, in requests of up to ten messages of one stream, and count in `tally`.

    `show` is told how many are done, in this thread. Where the queues are slower than the pace, messages come
    as fast as they are taken. Whatever ends it early is raised after the requests under way, with the tally
    up to date.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="load")
    under_way: deque[tuple[list[Made], Future[list[Receipt]]]] = deque()
    began = pace.now()
    taken = 0

    def settle(*, most: int) -> None:
        while len(under_way) > most:
            batch, future = under_way.popleft()
            _count(batch, future, tally)
            tally.seconds = pace.now() - began
            show(tally.enqueued + tally.not_enqueued)

    try:
        while not tally.stopped and (turn := list(islice(made, pace.turn))):
            if pace.rate is not None:
                early = began + taken / pace.rate - pace.now()
                if early > 0:
                    pace.pause(early)
            taken += len(turn)
            for stream, batch in _requests(turn):
                messages = [each.message for each in batch]
                under_way.append((batch, pool.submit(queues[stream].enqueue_many, messages)))
                settle(most=_WAITING * threads)
    finally:
        pool.shutdown(wait=True)
        settle(most=0)


def _requests(turn: Sequence[Made]) -> Iterator[tuple[str, list[Made]]]:
    """Part a turn by stream, and in tens."""
    by_stream: dict[str, list[Made]] = {}
    for each in turn:
        by_stream.setdefault(each.stream, []).append(each)
    for stream, messages in by_stream.items():
        for start in range(0, len(messages), MOST_ENTRIES):
            yield stream, messages[start : start + MOST_ENTRIES]


def _count(batch: Sequence[Made], future: Future[list[Receipt]], tally: Tally) -> None:
    missing: set[int] = set()
    try:
        future.result()
    except NotEnqueued as error:
        missing = {each.index for each in error.not_sent}
        tally.why.update(each.why for each in error.not_sent)
        tally.not_enqueued += len(missing)
        tally.stopped |= not error.receipts
    for index, each in enumerate(batch):
        if index in missing:
            continue
        if each.again:
            tally.copies += 1
        else:
            tally.messages += 1
        tally.expected[each.message_id] = each.expected
        if each.send_at is not None and (tally.latest is None or each.send_at > tally.latest):
            tally.latest = each.send_at
