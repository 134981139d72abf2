"""Dispatch over fakes, each of whose calls may go through a gate, for tests of one run and of many."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from postroad.bodies.memory import MemoryBodies
from postroad.contract.words import Reason, Status
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.schedule.auditing import Audit, Audited
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.memory import MemoryQueue, MemorySchedule
from postroad.schedule.pointer import Pointer, Priority, minute_of
from postroad.schedule.sweeping import Sweep, Sweeping
from tests.crash_world import Gate, Watched, WatchedLedger, plain

NOW = datetime(2026, 11, 22, 14, 0, 20, tzinfo=UTC)
STREAM = "transactional"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def always() -> bool:
    return True


def point(
    message_id: str,
    *,
    due: datetime = NOW,
    generation: int = 1,
    priority: Priority = Priority.USUAL,
    stream: str = STREAM,
    minute: datetime | None = None,
) -> Pointer:
    return Pointer(
        stream=stream,
        message_id=message_id,
        fingerprint=f"f-{message_id}",
        generation=generation,
        due=due,
        minute=minute or minute_of(due),
        priority=priority,
    )


def scheduled(pointer: Pointer) -> Row:
    return Row(
        message_id=pointer.message_id,
        status=Status.SCHEDULED,
        reason=Reason.SEND_AT.value,
        stream=pointer.stream,
        fingerprint=pointer.fingerprint,
        due=pointer.due,
        generation=pointer.generation,
    )


@dataclass
class DispatchWorld:
    """What outlives a run: the stores and the queue."""

    schedule: MemorySchedule = field(default_factory=MemorySchedule)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    errors: list[BaseException] = field(default_factory=list)

    def wait(self, pointer: Pointer, body: str = "{}") -> Pointer:
        """Let a message wait: its body, its row and its pointer."""
        self.bodies.put(
            pointer.message_id,
            pointer.fingerprint,
            body,
            first_sent=NOW - minutes(60),
            until=NOW + timedelta(days=30),
        )
        self.ledger.insert(scheduled(pointer))
        self.schedule.put(pointer)
        return pointer

    def dispatch(self, gate: Gate = plain, threads: int = 1) -> Sweeping:
        schedule = cast("MemorySchedule", Watched("schedule", self.schedule, gate))
        queue = cast("MemoryQueue", Watched("queue", self.queue, gate))
        handing_out = HandingOut(
            schedule=schedule,
            bodies=cast("MemoryBodies", Watched("bodies", self.bodies, gate)),
            ledger=cast("MemoryLedger", WatchedLedger("ledger", self.ledger, gate)),
            queue=queue,
            on_error=self.errors.append,
        )
        return Sweeping(
            schedule=schedule,
            queues={STREAM: queue},
            handing_out={STREAM: handing_out},
            threads=threads,
        )

    def run(
        self,
        now: datetime = NOW,
        *,
        gate: Gate = plain,
        rate: float = 10_000,
        may_go_on: Callable[[], bool] = always,
        threads: int = 1,
    ) -> Sweep:
        dispatch = self.dispatch(gate, threads)
        return dispatch.run(dispatch.look(STREAM, now=now), now=now, rate=rate, may_go_on=may_go_on)

    def audit(
        self, now: datetime = NOW, *, gate: Gate = plain, may_go_on: Callable[[], bool] = always
    ) -> Audited:
        schedule = cast("MemorySchedule", Watched("schedule", self.schedule, gate))
        return Audit(schedule=schedule).run(
            {STREAM: self.schedule.cursor(STREAM)}, now=now, may_go_on=may_go_on
        )

    def queued(self) -> list[str]:
        return ids(copy.pointer for copy in self.queue.copies)


def ids(pointers: Iterable[Pointer]) -> list[str]:
    return [pointer.message_id for pointer in pointers]
