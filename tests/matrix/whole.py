"""Postroad as a whole in one process: the real use cases over ports in memory, under one clock.

Functions run one after another, each as often as its event source has something for it; between two of them
time jumps to whatever happens next. Each function's calls pass the gate that `gates` holds for it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from greenlet import greenlet

from postroad.circuit.mapping import MappingState
from postroad.clock import FixedClock
from postroad.contract.words import Status
from postroad.dispatching.each_minute import StepsFailedError
from postroad.evidence.notification import notification_of
from postroad.ledger.row import UNSETTLED, Row
from postroad.names import resource_name
from postroad.observability import Counts, Metric
from postroad.records import Record
from postroad.rendering.ports import Renderer
from postroad.schedule.pointer import minute_of
from postroad.sending.batch import SendBatch
from postroad.sending.memory import MemoryRate
from postroad.sending.ports import Rate
from postroad.sending.settings import SendSettings
from tests.matrix.event_bucket import EventBucket
from tests.matrix.functions import STREAM, count_duplicates, make_dispatch, make_feedback, make_sender
from tests.matrix.gates import Call, DiedError, Gate, plain
from tests.matrix.ses_stand_in import Ses, is_of_canary, text_of
from tests.matrix.sqs_queue import SqsQueue
from tests.matrix.stores import EVENTS, DeadLetterQueue, Stores
from tests.sending_world import NOW, SETTINGS

MINUTE = timedelta(minutes=1)
LONG_ENOUGH = timedelta(hours=2)
FUNCTION_TIME = timedelta(seconds=60)
MOST_STEPS = 20_000
ALLOW = ("m-*", "bad*", "stopped*", "late*", "poison*", "success*")
USUALLY: dict[str, Any] = {
    "threads": 1,
    "allow": ALLOW,
    "configuration_set": resource_name(SETTINGS.stage, STREAM),
}

SEND = "send"
FEEDBACK = "feedback"
DISPATCH = "dispatch"

LOCK = type(Lock())
Process = tuple[SendBatch, Counts]
Made = TypeVar("Made")


@dataclass
class Whole:
    """The whole, and what is done to it."""

    settings: dict[str, Any] = field(default_factory=dict)
    renderer: Renderer | None = None
    rate: Rate = field(default_factory=MemoryRate)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    stores: Stores = field(default_factory=Stores)
    letters: DeadLetterQueue = field(default_factory=DeadLetterQueue)
    gates: dict[str, Gate] = field(default_factory=dict)
    enqueued: list[str] = field(default_factory=list)
    happened: list[tuple[datetime, tuple[object, ...]]] = field(default_factory=list)
    metrics: Counter[tuple[Metric, str]] = field(default_factory=Counter)
    wakes: list[str] = field(default_factory=list)
    canary_every: timedelta = MINUTE
    """So often, the watermark moves as it does where mail leaves all the time."""
    ticked_at: datetime | None = None
    down: set[str] = field(default_factory=set)
    """Functions that nothing invokes for now."""
    running: str = ""
    deaths: int = 0
    owners: int = 0
    frozen: list[tuple[datetime, greenlet]] = field(default_factory=list)
    can_freeze: bool = False

    def __post_init__(self) -> None:
        self.queue = SqsQueue(self.clock, "queue")
        self.fast = SqsQueue(self.clock, "fast")
        self.notices = SqsQueue(self.clock, "notices")
        self.ses = Ses(self.clock)
        self.bucket = EventBucket(self.clock)
        self._sender: Process | None = None
        self._processes: dict[str, tuple[Any, Counts]] = {}
        self.stores.watermarks.advance(STREAM, self.clock.now())

    def enqueue(self, body: Mapping[str, Any] | str, *, copies: int = 1) -> None:
        """Let a producer put a message on the queue."""
        if isinstance(body, Mapping):
            self.enqueued.append(body["message_id"])
            body = json.dumps(body)
        for _ in range(copies):
            self.queue.send(body)

    # Where things stand.

    def row(self, message_id: str) -> Row | None:
        return self.stores.ledger.get(message_id)

    def counted(self, metric: Metric) -> int:
        """Return what all functions have counted, less those that died before they wrote it.

        What left twice is counted by `outcomes`, which reads the table's stream until it is done with it.
        """
        if metric is Metric.DUPLICATES:
            return count_duplicates(self.stores.changes())
        return sum(count for (each, _), count in self.metrics.items() if each is metric)

    def keeps_body(self, row: Row) -> bool:
        return self.stores.bodies.get(row.message_id, row.fingerprint) is not None

    def has_pointer(self, row: Row) -> bool:
        wanted = (row.message_id, row.generation)
        return any((each.message_id, each.generation) == wanted for each in self.stores.pointers())

    def is_quiet(self) -> bool:
        """Say whether nothing is left that time could bring about, but for canaries."""
        waits = UNSETTLED - {Status.HELD}
        return not (
            self.queue.items
            or self.fast.items
            or self.bucket.has_mail_waiting
            or not all(map(self.stores.applied.has, self.bucket.with_mail))
            or not all(is_of_canary(news.payload) for news in self.ses.news)
            or self.wakes
            or self.frozen
            or self.stores.pointers()
            or not self.stores.switches.read(STREAM).is_running
            or any(row.status in waits for row in self.stores.rows())
        )

    def state(self) -> str:
        """Return all that the future depends on: two runs with the same state go on alike."""
        stores = self.stores
        parts = (
            stores.rows(),
            stores.bodies._bodies,
            stores.pointers(),
            stores.switches.read(STREAM),
            list(self.queue.items.values()),
            self.queue.dead,
            self.letters.box.letters,
            self.ses.taken,
            self.ses.news,
            self.bucket.objects.keys(),
            self.bucket.waiting,
            self.stores.watermarks.read(STREAM),
            stores.tallies.standing,
            self.metrics,
            self.clock.now(),
        )
        return repr(parts)

    def copy(self) -> "Whole":
        """Return another run that stands where this one does."""
        self._sender = None  # which works on these stores
        self._processes.clear()
        parts = [each for store in vars(self.stores).values() for each in vars(store).values()]
        locks = [each for each in parts if isinstance(each, LOCK)]
        # What never changes is shared; locks can't be copied, and nobody holds one now.
        shared = [*locks, *self.stores.rows(), *self.ses.taken, *self.happened]
        shared.extend(self.stores.changes())
        return deepcopy(self, {id(each): each for each in shared})

    def tell(self, *what: object) -> None:
        """Note what happens; it is put into words only if somebody asks."""
        self.happened.append((self.clock.now(), what))

    def story(self) -> str:
        """Return what happened, for whoever reads a failure."""
        rows = "\n".join(map(str, self.stores.rows()))
        pointers = "\n".join(map(str, self.stores.pointers()))
        left = "\n".join(map(str, self.queue.items.values()))
        told = [f"{at:%d %H:%M:%S} {' '.join(map(str, what))}" for at, what in self.happened[-80:]]
        return "\n".join((*told, rows, pointers, left))

    # The functions, each for one invocation.

    def invoke(self, function: str, counts: Counts, work: Callable[[], None]) -> bool:
        """Run one invocation; False if its process died. What it counted is then gone with it."""
        self.running = function
        try:
            work()
        except DiedError:
            self.deaths += 1
            self._processes.pop(function, None)
            counts._sums.clear()
            self.tell(f"{function} died")
            return False
        finally:
            self.running = ""
        for stream, sums in counts._sums.items():
            for metric, count in sums.items():
                self.metrics[metric, stream] += count
        counts._sums.clear()
        return True

    def gate_of(self, function: str) -> Gate:
        """Return the gate that the function's calls pass, whichever it is by then."""

        def pass_on(name: str, call: Call) -> Any:  # noqa: ANN401  whatever the port returns
            return self.gates.get(function, plain)(name, call)

        return pass_on

    def send_settings(self) -> SendSettings:
        return replace(SETTINGS, **(USUALLY | self.settings))

    def new_owner(self) -> str:
        self.owners += 1
        return f"owner-{self.owners}"

    def deadline(self) -> datetime:
        return self.clock.now() + FUNCTION_TIME

    def new_sender(self, gate: Gate | None = None) -> Process:
        """Begin a process of `send`."""
        counts = Counts("test")
        return make_sender(self, gate or self.gate_of(SEND), counts), counts

    def send(self, records: Sequence[Record] | None = None, process: Process | None = None) -> bool:
        """Let `send` handle these records, or what the queue hands out; False if it died of it."""
        handed = self.queue.receive() if records is None else list(records)
        if process is None:
            process = self._sender = self._sender or self.new_sender()
        batch, counts = process
        deadline = self.deadline()

        def work() -> None:
            report = batch.send_batch(handed, deadline=deadline)
            failures = set(report.failures)
            self.tell("send decides", report.decisions)
            self.queue.delete([record for record in handed if record.sqs_id not in failures])

        if self.can_freeze:
            self._sender = None  # its process may be frozen when the next batch comes
            greenlet(lambda: self.invoke(SEND, counts, work)).switch()
            return True
        survived = self.invoke(SEND, counts, work)
        if not survived:
            self._sender = None
        return survived

    def freeze(self, time: timedelta) -> None:
        """Stop the function that calls this, until so much time has passed."""
        here = greenlet.getcurrent()
        self.frozen.append((self.clock.now() + time, here))
        self.tell(f"send freezes for {time}")
        here.parent.switch()

    def _thaw(self) -> bool:
        for entry in self.frozen:
            if entry[0] <= self.clock.now():
                self.frozen.remove(entry)
                self.tell("send thaws")
                entry[1].parent = greenlet.getcurrent()
                entry[1].switch()
                return True
        return False

    def _process(
        self, function: str, make: Callable[["Whole", Gate, Counts], Made], gate: Gate | None
    ) -> tuple[Made, Counts]:
        """Return a process of a function: the usual one, or one of its own for a gate of its own."""
        if gate is None and function in self._processes:
            return self._processes[function]
        counts = Counts("test")
        made = make(self, gate or self.gate_of(function), counts)
        if gate is None:
            self._processes[function] = made, counts
        return made, counts

    def feed(self, queue: SqsQueue, *, gate: Gate | None = None) -> bool:
        """Let `feedback` handle what one of its queues hands out; False if it died of it."""
        handed = queue.receive()
        feedback, counts = self._process(FEEDBACK, make_feedback, gate)

        def work() -> None:
            failures = set(feedback.take(handed))
            self.tell("feedback takes", len(handed), "of", queue.name, "but for", len(failures))
            queue.delete([record for record in handed if record.sqs_id not in failures])

        return self.invoke(FEEDBACK, counts, work)

    def dispatch(self, *, reassert: str = "", gate: Gate | None = None) -> bool:
        """Let `dispatch` do its minute, or look at one stream's switch; False if it died of it."""
        each_minute, counts = self._process(DISPATCH, make_dispatch, gate)
        now = self.clock.now()

        def work() -> None:
            try:
                if reassert:
                    each_minute.reassert(reassert, now=now)
                else:
                    each_minute.run(now=now, seconds_left=FUNCTION_TIME.total_seconds)
            except StepsFailedError as error:
                self.tell(f"dispatch failed: {error}")

        return self.invoke(DISPATCH, counts, work)

    # Time.

    def run(self, until: datetime | None = None, *, most: timedelta = LONG_ENOUGH) -> None:
        """Let the functions work and time pass until all is quiet, `most` at most; or until `until`."""
        end = self.clock.now() + most if until is None else until
        for _ in range(MOST_STEPS):
            if self._do_something():
                continue
            if until is None and self.is_quiet():
                return
            moment = min(self._moments(), default=end)
            if moment >= end:
                self.clock.at = max(self.clock.at, end)
                return
            self.clock.at = max(self.clock.at, moment)
        raise AssertionError(f"never quiet\n{self.story()}")

    def pass_time(self, time: timedelta) -> None:
        self.run(self.clock.now() + time)

    def _do_something(self) -> bool:
        """Let one thing happen that is due now; False if nothing is."""
        self.carry_news()
        if self._thaw():
            return True
        due = next((queue for queue in self._queues() if _is_due(queue, self.clock.now())), None)
        if self.wakes and DISPATCH not in self.down:
            self.dispatch(reassert=self.wakes.pop())
        elif due is self.queue:
            self.send()
        elif due is not None:
            self.feed(due)
        elif DISPATCH not in self.down and self._next_tick() <= self.clock.now():
            self.ticked_at = self.clock.now()
            self.dispatch()
        else:
            return False
        return True

    def carry_news(self) -> None:
        for news in self.ses.due_news():
            if news.path == "fast":
                self.fast.send(text_of(news.payload))
            else:
                self.bucket.gather(news.payload)
        flush = self.bucket.next_flush()
        if flush is not None and flush <= self.clock.now():
            self.announce()

    def announce(self) -> None:
        """Let Firehose write what it has, and S3 tell of it."""
        key = self.bucket.flush()
        self.tell(f"Firehose writes {key}")
        delay = self.bucket.notice_delays.pop(0) if self.bucket.notice_delays else timedelta()
        if not self.bucket.deaf:
            self.notices.send(text_of(notification_of(EVENTS, key, self.clock.now())), delay=delay)

    def _queues(self) -> list[SqsQueue]:
        """Return the queues from which somebody is handed something now."""
        sends = SEND not in self.down and self.stores.mappings.read(STREAM) is MappingState.ENABLED
        feeds = [] if FEEDBACK in self.down else [self.fast, self.notices]
        return [self.queue, *feeds] if sends else feeds

    def _next_tick(self) -> datetime:
        now = self.clock.now()
        if self.ticked_at is None or self.ticked_at > now:
            return minute_of(now) if now == minute_of(now) else minute_of(now) + MINUTE
        return minute_of(self.ticked_at) + MINUTE

    def _moments(self) -> Iterator[datetime]:
        """Yield when something may happen next."""
        yield from (at for at, _ in self.frozen)
        yield from (at for queue in self._queues() if (at := queue.next_visible()) is not None)
        if self.ses.news:
            yield min(news.at for news in self.ses.news)
        if (flush := self.bucket.next_flush()) is not None:
            yield flush
        if DISPATCH not in self.down:
            yield self._next_tick()


def _is_due(queue: SqsQueue, now: datetime) -> bool:
    at = queue.next_visible()
    return at is not None and at <= now
