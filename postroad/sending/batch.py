"""The use case: a batch of queued messages, each to its decision, none at the cost of another.

The order is fixed: parse; schedule what is due later; then, in sub-batches no larger than the idle threads,
render, lease the rate, read the suppressions once and consistently, and per thread claim, one request, mark.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from postroad.contract.words import Reason
from postroad.errors import TransientError
from postroad.sending.decisions import Decision, Later, Refused, Why
from postroad.sending.mail import Parsed, Prepared, Refusal
from postroad.sending.ordering import in_turn, rounds
from postroad.sending.pauses import after_race, after_trouble, after_unusable
from postroad.sending.report import BatchReport
from postroad.sending.trouble import Guard, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.observability import Counts
    from postroad.records import Record
    from postroad.sending.delivery import Delivery
    from postroad.sending.fuse import Fuse
    from postroad.sending.limits import Limits
    from postroad.sending.ports import Postponement, Rate
    from postroad.sending.preparing import Preparation
    from postroad.sending.refusing import RefusalDesk
    from postroad.sending.rows import Rows
    from postroad.sending.waiting import Waiting
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

T = TypeVar("T")

BYTES_IN_FLIGHT = 50_000_000
"""Attachments held in memory at once; past this a sub-batch is cut short."""


class SendBatch:
    """Sends the messages of one stream."""

    def __init__(
        self,
        *,
        preparation: Preparation,
        rate: Rate,
        suppressions: SuppressionStore,
        rows: Rows,
        waiting: Waiting,
        delivery: Delivery,
        desk: RefusalDesk,
        fuse: Fuse,
        postponement: Postponement,
        counts: Counts,
        clock: Clock,
        new_owner: Callable[[], str],
        limits: Limits,
        threads: int,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Use these parts; `on_error` is told of each error that is a bug or an outage, for the log."""
        self._preparation = preparation
        self._rate = rate
        self._suppressions = suppressions
        self._rows = rows
        self._waiting = waiting
        self._delivery = delivery
        self._desk = desk
        self._fuse = fuse
        self._postponement = postponement
        self.counts = counts
        self._clock = clock
        self._new_owner = new_owner
        self._limits = limits
        self._threads = threads
        self._on_error = on_error
        self._trouble = Trouble(
            rows=rows,
            preparation=preparation,
            refuse=self._refuse,
            clock=clock,
            attempts_max=limits.attempts_max,
            on_error=on_error,
        )
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send")

    def send_batch(self, records: Sequence[Record], *, deadline: datetime) -> BatchReport:
        """Bring each record to a decision; returns with no request under way.

        What must wait here is hidden on the queue until its time and reported as a failure, so that SQS keeps
        it.
        """
        report = BatchReport()
        if self._may_begin(records, report):
            self._delivery.begin()
            for round_ in rounds(self._parse(in_turn(records), report)):
                due_now = self._schedule(round_, report, deadline=deadline)
                for chunk in self._sub_batches(due_now, report, deadline=deadline):
                    self._deliver(chunk, report, deadline=deadline)
        self._postpone(records, report)
        for metric in report.metrics():
            self.counts.add(metric, self._limits.stream)
        return report

    def _may_begin(self, records: Sequence[Record], report: BatchReport) -> bool:
        """Ask once whether the stream runs; where it doesn't, nothing is parsed, claimed or refused."""
        now = self._clock.now()
        try:
            self._fuse.begin(now=now)
        except TransientError as error:
            self._on_error(error)
            for record in records:
                report.decisions[record.sqs_id] = Later(after_trouble(now, record), Why.STORE_UNAVAILABLE)
            return False
        for record in records:
            if (stopped := self._stopped(record)) is not None:
                report.decisions[record.sqs_id] = stopped
        return self._fuse.stopped_until is None

    def _stopped(self, record: Record) -> Later | None:
        """Hide a record while the stream is stopped; ever longer, should it be handed out all the same."""
        until = self._fuse.stopped_until
        if until is None:
            return None
        at = after_unusable(self._clock.now(), record, self._limits.pause)
        return Later(max(until, at), Why.STREAM_STOPPED)

    def _parse(self, records: Sequence[Record], report: BatchReport) -> list[Parsed]:
        found: list[Parsed] = []
        for record in records:
            parsed: Parsed | Refusal | None = None
            with Guard(self._trouble, report, record):
                parsed = self._preparation.parse(record, now=self._clock.now())
                if isinstance(parsed, Refusal):
                    report.decisions[record.sqs_id] = self._refuse(parsed)
            if isinstance(parsed, Parsed):
                with Guard(self._trouble, report, record, parsed):
                    now = self._clock.now()
                    if self._preparation.is_expired(parsed, now=now):
                        report.decisions[record.sqs_id] = self._expire(parsed, now)
                    else:
                        found.append(parsed)
        return found

    def _schedule(self, parsed: Sequence[Parsed], report: BatchReport, *, deadline: datetime) -> list[Parsed]:
        """Let those wait that are due later, and return the others."""
        now = self._clock.now()
        later = [one for one in parsed if one.message.send_at is not None and one.message.send_at > now]

        def one(parsed: Parsed) -> None:
            with Guard(self._trouble, report, parsed.record, parsed):
                report.decisions[parsed.record.sqs_id] = self._defer(parsed, deadline=deadline)

        self._in_threads(one, later)
        return [one for one in parsed if one not in later]

    def _defer(self, parsed: Parsed, *, deadline: datetime) -> Decision:
        now = self._clock.now()
        due = parsed.message.send_at or now
        if self._waiting.is_near(due, now=now):
            return Later(due, Why.NOT_DUE)
        if not self._delivery.has_time(now, deadline=deadline):
            return Later(now, Why.NO_TIME_LEFT)
        checked = self._preparation.check(parsed)
        if isinstance(checked, Refusal):
            return self._refuse(checked)
        row = self._preparation.row(parsed, checked)
        return self._or_conflict(parsed, self._delivery.schedule(row, parsed.record, due=due, now=now))

    def _sub_batches(
        self, parsed: Sequence[Parsed], report: BatchReport, *, deadline: datetime
    ) -> Iterator[list[Prepared]]:
        """Prepare as many messages as there are threads, or as fit into memory, at a time.

        A list that was yielded is emptied afterwards, so that two sub-batches are never in memory together.
        """
        chunk: list[Prepared] = []
        held = 0
        for one in parsed:
            with Guard(self._trouble, report, one.record, one):
                if (later := self._stopped(one.record)) is not None or (
                    later := self._without_time(deadline)
                ) is not None:
                    report.decisions[one.record.sqs_id] = later
                    continue
                prepared = self._preparation.prepare(one)
                if isinstance(prepared, Refusal):
                    report.decisions[one.record.sqs_id] = self._refuse(prepared)
                    continue
                chunk.append(prepared)
                held += sum(len(file.content) for file in prepared.mail.files)
            if len(chunk) == self._threads or held >= BYTES_IN_FLIGHT:
                yield chunk
                chunk.clear()
                held = 0
        if chunk:
            yield chunk

    def _without_time(self, deadline: datetime) -> Later | None:
        now = self._clock.now()
        return None if self._delivery.has_time(now, deadline=deadline) else Later(now, Why.NO_TIME_LEFT)

    def _deliver(self, chunk: Sequence[Prepared], report: BatchReport, *, deadline: datetime) -> None:
        checked_at = self._clock.now()
        found: Mapping[str, Suppression] | None
        try:
            chunk = self._with_rate(chunk, report, deadline=deadline)
            checked_at = self._clock.now()
            keys = [key for prepared in chunk for key in prepared.address_keys]
            found = self._suppressions.find(keys) if chunk else {}
        except TransientError as error:
            self._on_error(error)
            for prepared in chunk:
                record = prepared.parsed.record
                report.decisions[record.sqs_id] = Later(
                    after_trouble(checked_at, record), Why.STORE_UNAVAILABLE
                )
            return
        except Exception as error:  # noqa: BLE001  one recipient's entry can't be read: each asks for its own
            self._on_error(error)
            found = None

        def one(prepared: Prepared) -> None:
            record = prepared.parsed.record
            keys = prepared.address_keys
            with Guard(self._trouble, report, record, prepared.parsed):
                if (stopped := self._stopped(record)) is not None:
                    report.decisions[record.sqs_id] = stopped
                    return
                known = self._suppressions.find(keys) if found is None else found
                decision = self._delivery.deliver(
                    prepared,
                    [known[key] for key in keys if key in known],
                    owner=self._new_owner(),
                    checked_at=checked_at,
                    deadline=deadline,
                )
                report.decisions[record.sqs_id] = self._or_conflict(prepared.parsed, decision)

        self._in_threads(one, chunk)

    def _with_rate(
        self, chunk: Sequence[Prepared], report: BatchReport, *, deadline: datetime
    ) -> Sequence[Prepared]:
        """Lease the rate for a sub-batch; what it has no room for comes back in a moment."""
        granted = self._rate.take(len(chunk), deadline=deadline - self._limits.request).count
        for prepared in chunk[granted:]:
            record = prepared.parsed.record
            report.decisions[record.sqs_id] = Later(after_race(self._clock.now()), Why.NO_RATE)
        return chunk[:granted]

    def _in_threads(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures)
        for future in futures:
            future.result()

    def _expire(self, parsed: Parsed, now: datetime) -> Decision:
        row = self._preparation.row(parsed)
        return self._or_conflict(parsed, self._delivery.expire(row, parsed.record, now=now))

    def _or_conflict(self, parsed: Parsed, decision: Decision) -> Decision:
        return self._refuse(_conflict(parsed)) if isinstance(decision, Refused) else decision

    def _refuse(self, refusal: Refusal) -> Decision:
        """Refuse, unless this very message was sent, is being sent, or may have been: that decides first."""
        now = self._clock.now()
        parsed = refusal.parsed
        if parsed is not None and refusal.reason is not Reason.CONFLICT:
            decided = self._rows.decided(
                parsed.message.message_id, parsed.record, fingerprint=parsed.fingerprint, now=now
            )
            if decided is not None and not isinstance(decided, Refused):
                return decided
        self._desk.refuse(refusal, now=now)
        # What another stream keeps of the message isn't ours to forget.
        if parsed is not None and parsed.message.stream == self._limits.stream:
            with suppress(TransientError):  # it is refused; its body goes when its time is over
                self._waiting.forget_done(parsed.record, self._preparation.row(parsed))
        return Refused(refusal.reason)

    def _postpone(self, records: Sequence[Record], report: BatchReport) -> None:
        later = {
            record: decision.at
            for record in records
            if isinstance(decision := report.decisions[record.sqs_id], Later)
        }
        if later:
            self._postponement.postpone(later, now=self._clock.now())


def _conflict(parsed: Parsed) -> Refusal:
    return Refusal(
        record=parsed.record,
        reason=Reason.CONFLICT,
        field="message_id",
        detail="another body was sent under this id: give each message an id of its own",
        message_id=parsed.message.message_id,
        parsed=parsed,
    )
