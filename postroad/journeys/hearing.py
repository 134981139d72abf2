"""The use case: a batch of the queue of journeys. Events are kept, and told to the journeys; walks go on.

Each contact's records are taken in their order and by one thread; contacts side by side. What fails concerns
its own record: it is handed out again, and the others are not.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Protocol, assert_never

from postroad.activity.noting import Happened, Noted, happened_of
from postroad.contract.address import parse_address
from postroad.contract.event import ContactEvent, InvalidEvent
from postroad.errors import TransientError
from postroad.journeys.date_triggers import journey_of_date
from postroad.journeys.enrolling import Refusal
from postroad.journeys.requests import EnrolmentRequest, read_request
from postroad.observability import described
from postroad.schedule.walks import DueWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aws_lambda_powertools import Logger

    from postroad.activity.declared import Declared
    from postroad.activity.ports import ActivityStore
    from postroad.clock import Clock
    from postroad.journeys.running import Engine
    from postroad.records import Record

RESERVE = 5
"""In the last fifth of the function's time nothing more is taken up, so that it ends by itself."""


class DeadLetters(Protocol):
    """Where records go that no repetition would help."""

    def copy(self, record: Record, refusal: InvalidEvent) -> None:
        """Put a copy there with why. Raises TransientError where it can't: then the record stays."""


class Dates(Protocol):
    """What begins the journeys that a date begins: `DateTriggers`."""

    def due(self, address_key: str, journey: str, *, now: datetime) -> object:
        """Begin the journey whose day has come, if it still has. Raises TransientError: then again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a batch: `failures` are the SQS ids of records that must be handed out again."""

    failures: Sequence[str]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Job:
    """A record whose body could be read."""

    record: Record
    what: Happened | DueWalk | EnrolmentRequest = field(repr=False)

    @property
    def address_key(self) -> str:
        return self.what.address_key


class Hearing:
    """Takes batches, one after the other."""

    def __init__(
        self,
        *,
        activity: ActivityStore,
        declared: Declared,
        engine: Callable[[], Engine],
        dead_letters: DeadLetters,
        address_key: Callable[[str], str],
        clock: Clock,
        dates: Callable[[Engine], Dates],
        logger: Logger,
        threads: int = 1,
    ) -> None:
        """Keep events in `activity`, and tell an engine of them, which is made anew for each batch.

        `engine` reads which journeys are paused and may raise TransientError; `address_key` takes an address
        in its canonical form; `dates` makes what follows dates with that engine. So many `threads` work on
        contacts side by side.
        """
        self._activity = activity
        self._declared = declared
        self._engine = engine
        self._dead_letters = dead_letters
        self._address_key = address_key
        self._clock = clock
        self._logger = logger
        self._dates = dates
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="journeys")

    def take(
        self, records: Sequence[Record], *, seconds_left: Callable[[], float] = lambda: float("inf")
    ) -> Heard:
        """Take a batch; `seconds_left` tells how long the function may still run."""
        batch = _Batch(self._logger)
        reserve = seconds_left() / RESERVE
        jobs = [job for record in records if (job := self._read(record, batch)) is not None]
        jobs = self._note(jobs, batch)
        if jobs:
            self._work(jobs, batch, lambda: seconds_left() >= reserve)
        failures = [record.sqs_id for record in records if record.sqs_id in batch.failed]
        return Heard(failures, dict(batch.counts))

    def _read(self, record: Record, batch: _Batch) -> _Job | None:
        try:
            return _Job(record, self._said(record))
        except InvalidEvent as refusal:
            try:
                self._dead_letters.copy(record, refusal)
            except TransientError as error:
                batch.fails(record, error)
            else:
                batch.note("refused")
                self._logger.warning(
                    "refused",
                    extra={"sqs_id": record.sqs_id, "reason": refusal.reason.value, "field": refusal.field},
                )
        except Exception as error:  # noqa: BLE001 - a bug in reading it: the batch's other records go on
            batch.fails(record, error)
        return None

    def _said(self, record: Record) -> Happened | DueWalk | EnrolmentRequest:
        what = read_request(record.body)
        if not isinstance(what, ContactEvent):
            return what
        self._declared.check(what)
        key = self._address_key(parse_address(what.contact.email).canonical)
        return happened_of(what, address_key=key, now=self._clock.now())

    def _note(self, jobs: Sequence[_Job], batch: _Batch) -> list[_Job]:
        """Keep the events, all at once; return what the journeys are to be told, and what else there is."""
        events = [job for job in jobs if isinstance(job.what, Happened)]
        noted: dict[str, Noted] = {}
        try:
            noted = self._noted(events)
        except Exception:  # noqa: BLE001 - whichever it was, it must not stop the others
            for job in events:
                try:
                    noted |= self._noted([job])
                except Exception as error:  # noqa: BLE001 - as above
                    batch.fails(job.record, error)
        for result in noted.values():
            batch.note(result.value)
        return [
            job
            for job in jobs
            if job.record.sqs_id not in batch.failed
            and (job.record.sqs_id not in noted or noted[job.record.sqs_id].concerns_journeys)
        ]

    def _noted(self, jobs: Sequence[_Job]) -> dict[str, Noted]:
        happened = [job.what for job in jobs if isinstance(job.what, Happened)]
        results = self._activity.note(happened, now=self._clock.now()) if happened else []
        return {job.record.sqs_id: result for job, result in zip(jobs, results, strict=True)}

    def _work(self, jobs: Sequence[_Job], batch: _Batch, has_time: Callable[[], bool]) -> None:
        try:
            engine = self._engine()
        except TransientError as error:
            for job in jobs:
                batch.fails(job.record, error)
            return
        by_contact: dict[str, list[_Job]] = {}
        for job in jobs:
            by_contact.setdefault(job.address_key, []).append(job)

        def work(of_one: Sequence[_Job]) -> None:
            for job in of_one:
                if not has_time():
                    batch.fails(job.record, None)
                    continue
                try:
                    self._do(engine, job, batch)
                except Exception as error:  # noqa: BLE001 - it concerns this record, which SQS brings again
                    batch.fails(job.record, error)

        for _ in self._pool.map(work, by_contact.values()):
            pass
        batch.counts.update(engine.counts)

    def _do(self, engine: Engine, job: _Job, batch: _Batch) -> None:
        now = self._clock.now()
        match job.what:
            case Happened() as happened:
                begins = self._declared.may_begin(happened.event, now=now)
                engine.take(happened.address_key, happened.event, now=now, begins=begins)
                self._activity.settle(happened)
            case DueWalk(address_key, place):
                batch.note("due")
                journey = journey_of_date(place)
                if journey is None:
                    engine.due(address_key, place, now=now)
                else:
                    self._dates(engine).due(address_key, journey, now=now)
            case EnrolmentRequest() as request:
                begun = engine.enrol(request.address_key, request.journey, request.event, now=now)
                batch.note("not_enrolled" if isinstance(begun, Refusal) else "asked")
                if isinstance(begun, Refusal):
                    extra = {"request_id": request.request_id, "why": begun.why.value}
                    self._logger.info("not enrolled", extra=extra)
            case _ as never:
                assert_never(never)


class _Batch:
    """What becomes of a batch; threads share it."""

    def __init__(self, logger: Logger) -> None:
        self.failed: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._logger = logger
        self._lock = Lock()

    def note(self, word: str) -> None:
        with self._lock:
            self.counts[word] += 1

    def fails(self, record: Record, error: BaseException | None) -> None:
        """Let a record be handed out again: because of this error, or because there is no time left."""
        with self._lock:
            self.failed.add(record.sqs_id)
            self.counts["failed" if error else "no_time"] += 1
        if error is not None:
            # The error's own text may hold what the record holds; its type and place don't.
            extra = {"sqs_id": record.sqs_id} | described(error)
            self._logger.warning("not taken", extra=extra)
