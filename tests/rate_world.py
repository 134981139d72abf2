"""Several processes of `send`, one governor, and an account that counts: what judges the rate.

The account is the simulator's own: it refuses by GCRA with one second's burst, as strict as SES may be.
"""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from postroad.bodies.memory import MemoryBodies
from postroad.circuit.memory import MemoryBreaker
from postroad.circuit.ports import Breaker
from postroad.clock import Clock
from postroad.contract.words import StreamKind
from postroad.evidence.memory import MemoryWatermarks
from postroad.governor.governed_rate import GovernedRate
from postroad.governor.leasing import terms_of
from postroad.governor.memory import MemorySlots
from postroad.ledger.memory import MemoryLedger
from postroad.local.simulator import reply
from postroad.local.simulator.account import Account, Knobs
from postroad.observability import Counts
from postroad.records import Record
from postroad.schedule.memory import MemorySchedule
from postroad.sending.assembly import Parts, send_batch
from postroad.sending.batch import SendBatch
from postroad.sending.decisions import Why
from postroad.sending.errors import SesBusyError, SesUnusableError, TooLateError
from postroad.sending.mail import Mail
from postroad.sending.memory import MemoryAttachments, MemoryDeadLetters, MemoryPostponement
from postroad.sending.ports import Mailer, Rate
from postroad.sending.settings import SendSettings
from postroad.suppression.memory import MemorySuppressions
from tests.sending_world import SETTINGS, EchoRenderer, World, make_message

THREADS = 40
SES_SECONDS = 0.05


class Ses:
    """A `Mailer` that takes what the account takes, at once, and answers after `seconds`."""

    def __init__(
        self, account: Account, clock: Clock, *, answers: Callable[[], object] = lambda: None
    ) -> None:
        self.account = account
        self.clock = clock
        self.answers = answers
        self.taken: list[tuple[datetime, str]] = []
        self.refused = 0
        self.late = 0
        self._lock = threading.Lock()

    def wake(self, now: datetime) -> None:
        pass

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        with self._lock:
            now = self.clock.now()
            if now >= deadline:
                self.late += 1
                raise TooLateError
            answer = self.account.refuses(1, counted=1, now=now)
            if answer is not None:
                self.refused += 1
                if answer == reply.quota_exceeded():
                    raise SesUnusableError(Why.QUOTA_EXHAUSTED, "TooManyRequestsException")
                raise SesBusyError(Why.THROTTLED, "TooManyRequestsException")
            self.account.count(1, now)
            self.taken.append((now, mail.to))
            number = len(self.taken)
        self.answers()
        return f"ses-{number}"


class JitteryWays:
    """A `Mailer` whose mails arrive at any moment until it is too late; the account is asked in the end."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.taken: list[tuple[datetime, str]] = []
        self.sent: dict[str, datetime] = {}
        self._dice = random.Random(5)  # noqa: S311  dice

    def wake(self, now: datetime) -> None:
        pass

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        now = self.clock.now()
        if now >= deadline:
            raise TooLateError
        self.sent[mail.to] = now
        self.taken.append((now + self._dice.random() * (deadline - now), mail.to))
        return f"ses-{len(self.taken)}"

    def refused(self, rate: float) -> int:
        """Return how many an account of this rate refuses, as they arrived."""
        account = Account(Knobs(rate=rate))
        arrivals = sorted(at for at, _ in self.taken)
        return sum(account.refuses(1, counted=0, now=at) is not None for at in arrivals)


@dataclass
class Stage:
    """A stage of the account, on which processes of several streams send."""

    mailer: Mailer
    clock: Clock
    pause: Callable[[float], object]
    rate: float = 14
    slots: MemorySlots = field(default_factory=MemorySlots)
    errors: list[BaseException] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(3))  # noqa: S311  dice
    rightings: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slots.state = replace(self.slots.state, rate=self.rate)

    def process(
        self,
        kind: StreamKind,
        *,
        breaker: Breaker | None = None,
        postponement: MemoryPostponement | None = None,
        rate_of: Callable[[Rate], Rate] = lambda rate: rate,
    ) -> SendBatch:
        """Return one process of the stream that is called as its kind."""
        settings = settings_of(kind)
        terms = terms_of(kind, transactional_share=settings.transactional_share, rate=1.0)
        rate = GovernedRate(
            self.slots,
            terms,
            clock=self.clock,
            pause=self.pause,
            chance=self.dice.random,
            on_righting=self.rightings.append,
        )
        owners = iter(range(10**9))
        return send_batch(
            Parts(
                settings=settings,
                renderer=EchoRenderer(),
                attachments=MemoryAttachments(),
                address_key=World.key,
                ledger=MemoryLedger(),
                bodies=MemoryBodies(),
                pointers=MemorySchedule(),
                watermarks=MemoryWatermarks(),
                breaker=breaker or MemoryBreaker(),
                rate=rate_of(rate),
                suppressions=MemorySuppressions(),
                mailer=self.mailer,
                dead_letters=MemoryDeadLetters(),
                postponement=postponement or MemoryPostponement(),
                counts=Counts("test"),
                clock=self.clock,
                new_owner=lambda: f"owner-{next(owners)}",
                on_error=self.errors.append,
            )
        )


def settings_of(kind: StreamKind) -> SendSettings:
    return replace(SETTINGS, stream=kind.value, kind=kind.value, threads=THREADS)


@dataclass
class Backlog:
    """A queue that hands each copy to one process; what waits comes back when its time has come."""

    kind: StreamKind
    clock: Clock
    waiting: list[tuple[datetime, Record]] = field(default_factory=list)
    done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, count: int, prefix: str = "") -> None:
        now = self.clock.now()
        begin = self.done + len(self.waiting)
        for number in range(begin, begin + count):
            message_id = f"{prefix or self.kind.value}-{number}"
            record = World().record(make_message(message_id, stream=self.kind.value), number)
            self.waiting.append((now, record))

    def take(self, count: int) -> list[Record]:
        now = self.clock.now()
        with self._lock:
            taken = [record for visible, record in self.waiting if visible <= now][:count]
            ids = {record.sqs_id for record in taken}
            self.waiting = [each for each in self.waiting if each[1].sqs_id not in ids]
        return taken

    def give_back(self, records: list[Record], failures: list[str], until: Mapping[str, datetime]) -> None:
        now = self.clock.now()
        with self._lock:
            self.done += len(records) - len(failures)
            for record in records:
                if record.sqs_id in failures:
                    again = replace(record, receives=record.receives + 1)
                    self.waiting.append((until.get(record.sqs_id, now + timedelta(minutes=5)), again))


def work(
    process: SendBatch, postponement: MemoryPostponement, backlog: Backlog, batch: int, seconds: float
) -> int:
    """Send one batch of what waits, and return how many it had."""
    records = backlog.take(batch)
    if records:
        postponement.until.clear()
        deadline = backlog.clock.now() + timedelta(seconds=seconds)
        report = process.send_batch(records, deadline=deadline)
        backlog.give_back(records, report.failures, postponement.until)
    return len(records)
