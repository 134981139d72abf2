"""A stage at work under a virtual clock: Postroad's own governor and sizing; queue, Lambda, SES as AWS says.

The product's own are copies, batches and threads (`configuration.sizing`) and every decision about the rate
(`governor`), over the simulator's account, which refuses what comes too fast. Modelled are Lambda's pollers
and their ramp, how long requests take, and the processor's time for a mail.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from bench.virtual_time import VirtualTime
from postroad.configuration.model import Governor
from postroad.configuration.sizing import WAIT_SECONDS, Sizing, Wanted, sizes
from postroad.contract.words import StreamKind
from postroad.governor.governed_rate import GovernedRate
from postroad.governor.leasing import terms_of
from postroad.governor.memory import MemorySlots
from postroad.governor.state import State
from postroad.local.simulator.account import Account, Knobs

if TYPE_CHECKING:
    from postroad.governor.ports import Answer
    from postroad.governor.state import Move, Reading, Righting

TRANSACTIONAL, MARKETING = "transactional", "marketing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What is modelled, in seconds unless it says otherwise."""

    cold_start: float = 0.8
    receive: float = 0.02
    """One ReceiveMessage, of up to ten messages; a poller makes one after the other."""
    dynamodb: float = 0.005
    ses: float = 0.05
    jitter: float = 0.03
    """How much longer one mail's way to SES is than another's, at the most."""
    cpu_ms: float = 3.0
    """Of one whole vCPU, for a mail."""
    vcpu_mebibytes: float = 1769
    copies_at_once: int = 5
    copies_a_second: float = 5.0
    """Lambda begins with five batches at once, and adds up to 300 a minute."""
    timeout: float = 60.0
    transactional_part: float = 0.1
    """Of the rate, as transactional messages that come evenly at random while marketing has a backlog."""


@dataclass(slots=True)
class Seen:
    """What came of it. Seconds are since the beginning."""

    sent_by_second: Counter[int] = field(default_factory=Counter)
    throttled: int = 0
    late: int = 0
    """Mails that were claimed and not sent, since their slot was over: they come again."""
    grants: int = 0
    writes_by_second: Counter[int] = field(default_factory=Counter)
    reads: int = 0
    delays: list[float] = field(default_factory=list)
    """From a transactional message's arrival on the queue until SES has its mail."""
    busy_seconds: float = 0.0
    """Of all runs that have ended, together: what Lambda bills."""
    handled: int = 0
    """Messages in those runs."""


class SlowSlots(MemorySlots):
    """The governor's item as far away as DynamoDB is."""

    def __init__(self, time: VirtualTime, seen: Seen, rate: float, way: float) -> None:
        """Know the rate from the beginning, as dispatch has written it."""
        super().__init__(State(rate=rate))
        self._time = time
        self._seen = seen
        self._way = way / 2

    def read(self) -> State:
        """Return what stands now."""
        self._time.sleep(self._way)
        self._seen.reads += 1
        state = super().read()
        self._time.sleep(self._way)
        return state

    def lease(self, move: Move) -> Answer:
        """Make a lease, if what stands allows it."""
        self._time.sleep(self._way)
        self._seen.writes_by_second[int(self._time.seconds)] += 1
        answer = super().lease(move)
        self._time.sleep(self._way)
        return answer

    def put_right(self, righting: Righting) -> Answer:
        """Never called: no clock is wrong here."""
        raise AssertionError(righting)

    def learn(self, reading: Reading) -> Answer:
        """Never called: the rate is known."""
        raise AssertionError(reading)


class Stage:
    """A backlog of marketing mail, and transactional messages that come meanwhile."""

    def __init__(self, rate: float, supposed: Supposed, *, seed: int = 1) -> None:
        """Have SES's `rate` and as many copies, batches and threads as follow from it."""
        self.rate = rate
        self.supposed = supposed
        self.seen = Seen()
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._time = VirtualTime()
        self._share = Governor().transactional_share
        self.sizing = sizes(
            {
                TRANSACTIONAL: Wanted(is_transactional=True),
                MARKETING: Wanted(is_transactional=False),
            },
            rate=rate,
            transactional_share=self._share,
            room=WAIT_SECONDS,
        )
        self._slots = SlowSlots(self._time, self.seen, rate, supposed.dynamodb)
        self._account = Account(Knobs(rate=rate))
        self._queues: dict[str, deque[float]] = {TRANSACTIONAL: deque(), MARKETING: deque()}

    def run(self, seconds: float) -> Seen:
        """Let it work for so long; marketing never runs out of work."""
        self._queues[MARKETING].extend([0.0] * int(self.rate * (seconds + WAIT_SECONDS)))
        self._enqueue_transactional(seconds)
        for stream, sizing in self.sizing.items():
            for number in range(sizing.maximum_concurrency):
                at = max(0.0, (number + 1 - self.supposed.copies_at_once) / self.supposed.copies_a_second)
                self._time.start(_Copy(self, stream, sizing).run, at=at)
        self._time.run(seconds)
        return self.seen

    def _enqueue_transactional(self, seconds: float) -> None:
        queue, a_second = self._queues[TRANSACTIONAL], self.rate * self.supposed.transactional_part
        at = self._random.expovariate(a_second)
        while at < seconds:
            self._time.at(at, lambda at=at: queue.append(at))  # type: ignore[misc]  # mypy knows no such default
            at += self._random.expovariate(a_second)

    def receive(self, stream: str, sizing: Sizing) -> list[float]:
        """Return a batch, as Lambda's poller collects it: until it is full, or its window is over."""
        queue, batch = self._queues[stream], list[float]()
        while not batch:
            ends = self._time.seconds + sizing.batching_window_seconds
            while len(batch) < sizing.batch_size:
                self._time.sleep(self.supposed.receive)
                some = min(10, sizing.batch_size - len(batch), len(queue))
                batch.extend(queue.popleft() for _ in range(some))
                if not some and self._time.seconds >= ends:
                    break
        return batch

    def governed(self, stream: str) -> GovernedRate:
        """Return the product's own rate, for one process."""
        kind = StreamKind.TRANSACTIONAL if stream == TRANSACTIONAL else StreamKind.MARKETING
        return GovernedRate(
            self._slots,
            terms_of(kind, transactional_share=self._share, rate=self.rate),
            clock=self._time,
            pause=self._time.sleep,
            chance=self._random.random,
            on_righting=lambda _: None,
        )

    def request(self, stream: str, enqueued_at: float, leaves_at: float) -> None:
        """Let one mail leave at that second, and SES judge it when it gets there."""
        self._time.at(
            leaves_at + self._random.uniform(0, self.supposed.jitter),
            lambda: self._arrive(stream, enqueued_at),
        )

    def _arrive(self, stream: str, enqueued_at: float) -> None:
        now = self._time.now()
        if self._account.refuses(1, counted=0, now=now) is not None:
            self.seen.throttled += 1
            self._queues[stream].append(enqueued_at)
            return
        self.seen.sent_by_second[int(self._time.seconds)] += 1
        if stream == TRANSACTIONAL:
            self.seen.delays.append(self._time.seconds - enqueued_at)

    @property
    def time(self) -> VirtualTime:
        """The clock of all."""
        return self._time

    def give_back(self, stream: str, messages: list[float]) -> None:
        """Put messages back on the queue whose turn did not come."""
        self._queues[stream].extendleft(reversed(messages))


class _Copy:
    """One copy of a stream's send function with the poller that feeds it."""

    def __init__(self, stage: Stage, stream: str, sizing: Sizing) -> None:
        self._stage = stage
        self._stream = stream
        self._sizing = sizing
        self._rate = stage.governed(stream)
        vcpu = min(1.0, sizing.memory_mebibytes / stage.supposed.vcpu_mebibytes)
        self._cpu = stage.supposed.cpu_ms / 1000 / vcpu

    def run(self) -> None:
        stage, time = self._stage, self._stage.time
        batch = stage.receive(self._stream, self._sizing)
        time.sleep(stage.supposed.cold_start)
        while True:
            began, handled = time.seconds, len(batch)
            self._send(batch, began + stage.supposed.timeout)
            stage.seen.busy_seconds += time.seconds - began
            stage.seen.handled += handled
            batch = stage.receive(self._stream, self._sizing)

    def _send(self, batch: list[float], ends: float) -> None:
        """Lease, check, claim, request, mark: sub-batches of as many mails as there are threads."""
        stage, time, supposed = self._stage, self._stage.time, self._stage.supposed
        latest = time.now() + timedelta(
            seconds=ends - time.seconds - 13
        )  # as `sending.limits` leaves for a request
        while batch:
            grant = self._rate.take(min(len(batch), self._sizing.threads), deadline=latest)
            if not grant.count:
                stage.give_back(self._stream, batch)
                return
            stage.seen.grants += 1
            time.sleep(2 * supposed.dynamodb)  # suppressions, claims
            until = None if grant.until is None else time.seconds + (grant.until - time.now()).total_seconds()
            mails, batch = batch[: grant.count], batch[grant.count :]
            for place, enqueued_at in enumerate(mails):
                leaves_at = time.seconds + place * self._cpu
                if until is not None and leaves_at >= until:
                    stage.seen.late += len(mails) - place
                    batch = mails[place:] + batch
                    mails = mails[:place]
                    break
                stage.request(self._stream, enqueued_at, leaves_at)
            time.sleep(len(mails) * self._cpu + supposed.ses + supposed.dynamodb)  # and marks
