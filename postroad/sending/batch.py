"""The use case: a batch of queued messages, each to its decision, none at the cost of another.

The order is fixed: parse; schedule what is due later; render, as many as there are threads; and deliver them
together. While requests are under way, the next messages are rendered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.sending.decisions import Decision, Later, Why
from postroad.sending.mail import Parsed, Prepared, Refusal
from postroad.sending.ordering import in_turn, rounds
from postroad.sending.pauses import after_trouble
from postroad.sending.report import BatchReport
from postroad.sending.sub_batches import Run
from postroad.sending.trouble import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.observability import Counts
    from postroad.records import Record
    from postroad.sending.admission import Admission
    from postroad.sending.delivery import Delivery
    from postroad.sending.fuse import Fuse
    from postroad.sending.ports import Postponement
    from postroad.sending.preparing import Preparation
    from postroad.sending.refusals import Refusals
    from postroad.sending.sub_batches import SubBatches, UnderWay
    from postroad.sending.threads import Threads
    from postroad.sending.trouble import Trouble
    from postroad.sending.waiting import Waiting

BYTES_IN_FLIGHT = 50_000_000
"""Attachments held in memory at once; past this a sub-batch is cut short."""


class SendBatch:
    """Sends the messages of one stream."""

    def __init__(
        self,
        *,
        stream: str,
        preparation: Preparation,
        waiting: Waiting,
        admission: Admission,
        delivery: Delivery,
        sub_batches: SubBatches,
        refusals: Refusals,
        trouble: Trouble,
        fuse: Fuse,
        postponement: Postponement,
        counts: Counts,
        clock: Clock,
        threads: Threads,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Use these parts; `on_error` is told of each error that is a bug or an outage, for the log."""
        self._stream = stream
        self._preparation = preparation
        self._waiting = waiting
        self._admission = admission
        self._delivery = delivery
        self._sub_batches = sub_batches
        self._refusals = refusals
        self._trouble = trouble
        self._fuse = fuse
        self._postponement = postponement
        self.counts = counts
        self._clock = clock
        self._threads = threads
        self._on_error = on_error

    def send_batch(self, records: Sequence[Record], *, deadline: datetime) -> BatchReport:
        """Bring each record to a decision; returns with no request under way.

        What must wait here is hidden on the queue until its time and reported as a failure, so that SQS keeps
        it.
        """
        run = Run(BatchReport(), deadline)
        if self._may_begin(records, run):
            self._delivery.begin()
            for round_ in rounds(self._parse(in_turn(records), run)):
                self._deliver(self._schedule(round_, run), run)
        self._postpone(records, run.report)
        for metric in run.report.metrics():
            self.counts.add(metric, self._stream)
        return run.report

    def _may_begin(self, records: Sequence[Record], run: Run) -> bool:
        """Ask once whether the stream runs; where it doesn't, nothing is parsed, claimed or refused."""
        now = self._clock.now()
        try:
            self._fuse.begin(now=now)
        except TransientError as error:
            self._on_error(error)
            for record in records:
                run.decide(record, Later(after_trouble(now, record), Why.STORE_UNAVAILABLE))
            return False
        for record in records:
            if (stopped := self._sub_batches.stopped(record)) is not None:
                run.decide(record, stopped)
        return self._fuse.stopped_until is None

    def _parse(self, records: Sequence[Record], run: Run) -> list[Parsed]:
        found: list[Parsed] = []
        for record in records:
            parsed: Parsed | Refusal | None = None
            with Guard(self._trouble, run.report, record):
                parsed = self._preparation.parse(record, now=self._clock.now())
                if isinstance(parsed, Refusal):
                    run.decide(record, self._refusals.refuse(parsed))
            if isinstance(parsed, Parsed):
                with Guard(self._trouble, run.report, record, parsed):
                    now = self._clock.now()
                    if self._preparation.is_expired(parsed, now=now):
                        run.decide(record, self._expire(parsed, now))
                    else:
                        found.append(parsed)
        return found

    def _expire(self, parsed: Parsed, now: datetime) -> Decision:
        row = self._preparation.row(parsed)
        return self._refusals.or_conflict(parsed, self._delivery.expire(row, parsed.record, now=now))

    def _schedule(self, parsed: Sequence[Parsed], run: Run) -> list[Parsed]:
        """Let those wait that are due later, and return the others."""
        now = self._clock.now()
        due: list[Parsed] = []
        later: list[Parsed] = []
        for one in parsed:
            at = one.message.send_at
            (due if at is None or at <= now else later).append(one)

        def defer(parsed: Parsed) -> None:
            with Guard(self._trouble, run.report, parsed.record, parsed):
                run.decide(parsed.record, self._defer(parsed, run))

        self._threads.each(defer, later)
        return due

    def _defer(self, parsed: Parsed, run: Run) -> Decision:
        now = self._clock.now()
        due = parsed.message.send_at or now
        if self._waiting.is_near(due, now=now):
            return Later(due, Why.NOT_DUE)
        if not self._delivery.has_time(now, deadline=run.deadline):
            return Later(now, Why.NO_TIME_LEFT)
        checked = self._preparation.check(parsed)
        if isinstance(checked, Refusal):
            return self._refusals.refuse(checked)
        row = self._preparation.row(parsed, checked)
        decision = self._delivery.schedule(row, parsed.record, due=due, now=now)
        return self._refusals.or_conflict(parsed, decision)

    def _deliver(self, parsed: Sequence[Parsed], run: Run) -> None:
        """Deliver these, prepared as many at a time as there are threads.

        Whether they may leave is asked with nothing under way: then all threads are free for it, and no
        answer of SES's waits to be written down.
        """
        source = iter(parsed)
        fresh: list[Prepared] = []
        ready: list[Prepared] = []
        under_way: UnderWay | None = None
        try:
            while True:
                self._prepare(source, ready, fresh, run, beside=under_way)
                if under_way is not None:
                    self._sub_batches.end(under_way, run)
                    under_way = None
                elif fresh:
                    ready += self._admission.admit(fresh, run)
                    fresh = []
                    under_way = self._sub_batches.begin(ready, run) if ready else None
                elif ready:
                    under_way = self._sub_batches.begin(ready, run)
                else:
                    return
        finally:
            if under_way is not None:
                under_way.wait()

    def _prepare(
        self,
        source: Iterator[Parsed],
        ready: Sequence[Prepared],
        fresh: list[Prepared],
        run: Run,
        *,
        beside: UnderWay | None,
    ) -> None:
        """Fill `fresh`: with those in `ready` as many as there are threads, or as fit into memory.

        `beside` is a sub-batch whose requests are under way: its files are in memory too, and its answers
        don't wait until the next messages are prepared.
        """
        held = sum(prepared.file_bytes for prepared in (*ready, *fresh)) + (
            beside.file_bytes if beside else 0
        )
        while len(ready) + len(fresh) < self._threads.count and held < BYTES_IN_FLIGHT:
            if beside is not None and beside.has_ended():
                return
            if (one := next(source, None)) is None:
                return
            with Guard(self._trouble, run.report, one.record, one):
                if (later := self._not_now(one.record, run)) is not None:
                    run.decide(one.record, later)
                    continue
                prepared = self._preparation.prepare(one)
                if isinstance(prepared, Refusal):
                    run.decide(one.record, self._refusals.refuse(prepared))
                    continue
                fresh.append(prepared)
                held += prepared.file_bytes

    def _not_now(self, record: Record, run: Run) -> Later | None:
        """Say why a message need not even be prepared in this run, or None."""
        if (stopped := self._sub_batches.stopped(record)) is not None:
            return stopped
        if run.is_out_of_rate:
            return self._sub_batches.without_rate(record)
        now = self._clock.now()
        return None if self._delivery.has_time(now, deadline=run.deadline) else Later(now, Why.NO_TIME_LEFT)

    def _postpone(self, records: Sequence[Record], report: BatchReport) -> None:
        later = {
            record: decision.at
            for record in records
            if isinstance(decision := report.decisions[record.sqs_id], Later)
        }
        if later:
            self._postponement.postpone(later, now=self._clock.now())
