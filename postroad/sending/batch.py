"""The use case: a batch of queued messages, each to its decision, none at the cost of another.

The order is fixed: parse, then (the account's rate is leased here, once there is a governor), then in
sub-batches no larger than the idle threads: render, one consistent read of the suppressions, and per thread
claim, one request, mark.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from postroad.contract.words import Reason
from postroad.errors import TransientError
from postroad.sending.decisions import Decision, Later, Refused, Why
from postroad.sending.mail import Parsed, Prepared, Refusal
from postroad.sending.pauses import after_trouble
from postroad.sending.report import BatchReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.observability import Counts
    from postroad.records import Record
    from postroad.sending.delivery import Delivery
    from postroad.sending.ports import Postponement
    from postroad.sending.preparing import Preparation
    from postroad.sending.refusing import RefusalDesk
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

BYTES_IN_FLIGHT = 50_000_000
"""Attachments held in memory at once; past this a sub-batch is cut short."""


class SendBatch:
    """Sends the messages of one stream."""

    def __init__(
        self,
        *,
        preparation: Preparation,
        suppressions: SuppressionStore,
        delivery: Delivery,
        desk: RefusalDesk,
        postponement: Postponement,
        counts: Counts,
        clock: Clock,
        new_owner: Callable[[], str],
        stream: str,
        threads: int,
        attempts_max: int,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Use these parts; `on_error` is told of each error that is a bug or an outage, for the log."""
        self._preparation = preparation
        self._suppressions = suppressions
        self._delivery = delivery
        self._desk = desk
        self._postponement = postponement
        self.counts = counts
        self._clock = clock
        self._new_owner = new_owner
        self._stream = stream
        self._threads = threads
        self._attempts_max = attempts_max
        self._on_error = on_error
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send")

    def send_batch(self, records: Sequence[Record], *, deadline: datetime) -> BatchReport:
        """Bring each record to a decision; returns with no request under way.

        What must wait is hidden on the queue until its time and reported as a failure, so that SQS keeps it.
        """
        report = BatchReport()
        self._delivery.begin()
        parsed = self._parse(records, report)
        for round_ in _rounds(parsed):
            for chunk in self._sub_batches(round_, report, deadline=deadline):
                self._deliver(chunk, report, deadline=deadline)
        self._postpone(records, report)
        for metric in report.metrics():
            self.counts.add(metric, self._stream)
        return report

    def _parse(self, records: Sequence[Record], report: BatchReport) -> list[Parsed]:
        found: list[Parsed] = []
        for record in records:
            with self._guard(record, report):
                now = self._clock.now()
                parsed = self._preparation.parse(record, now=now)
                if isinstance(parsed, Refusal):
                    report.decisions[record.sqs_id] = self._refuse(parsed)
                elif self._preparation.is_expired(parsed, now=now):
                    report.decisions[record.sqs_id] = self._expire(parsed, now)
                else:
                    found.append(parsed)
        return found

    def _sub_batches(
        self, parsed: Sequence[Parsed], report: BatchReport, *, deadline: datetime
    ) -> Iterator[list[Prepared]]:
        """Prepare as many messages as there are threads, or as fit into memory, at a time.

        A list that was yielded is emptied afterwards, so that two sub-batches are never in memory together.
        """
        chunk: list[Prepared] = []
        held = 0
        for one in parsed:
            with self._guard(one.record, report, one):
                if not self._delivery.has_time(now := self._clock.now(), deadline=deadline):
                    report.decisions[one.record.sqs_id] = Later(now, Why.NO_TIME_LEFT)
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

    def _deliver(self, chunk: Sequence[Prepared], report: BatchReport, *, deadline: datetime) -> None:
        checked_at = self._clock.now()
        found: Mapping[str, Suppression] | None
        try:
            found = self._suppressions.find([key for prepared in chunk for key in prepared.address_keys])
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
            with self._guard(record, report, prepared.parsed):
                known = self._suppressions.find(keys) if found is None else found
                decision = self._delivery.deliver(
                    prepared,
                    [known[key] for key in keys if key in known],
                    owner=self._new_owner(),
                    checked_at=checked_at,
                    deadline=deadline,
                )
                if isinstance(decision, Refused):
                    decision = self._refuse(_conflict(prepared.parsed))
                report.decisions[record.sqs_id] = decision

        futures = [self._pool.submit(one, prepared) for prepared in chunk]
        wait(futures)
        for future in futures:
            future.result()

    def _expire(self, parsed: Parsed, now: datetime) -> Decision:
        decision = self._delivery.expire(self._preparation.row(parsed), parsed.record, now=now)
        return self._refuse(_conflict(parsed)) if isinstance(decision, Refused) else decision

    def _refuse(self, refusal: Refusal) -> Decision:
        """Refuse, unless this very message was sent, is being sent, or may have been: that decides first."""
        now = self._clock.now()
        parsed = refusal.parsed
        if parsed is not None and refusal.reason is not Reason.CONFLICT:
            decided = self._delivery.decided(
                parsed.message.message_id, parsed.record, fingerprint=parsed.fingerprint, now=now
            )
            if decided is not None and not isinstance(decided, Refused):
                return decided
        self._desk.refuse(refusal, now=now)
        return Refused(refusal.reason)

    def _guard(self, record: Record, report: BatchReport, parsed: Parsed | None = None) -> _Guard:
        return _Guard(self, record, report, parsed)

    def troubled(self, record: Record, parsed: Parsed | None, error: Exception) -> Decision:
        """Decide about a record whose handling raised: later, or refused when it never gets through."""
        self._on_error(error)
        now = self._clock.now()
        if isinstance(error, TransientError):
            return Later(after_trouble(now, record), Why.STORE_UNAVAILABLE)
        if record.receives < self._attempts_max:
            return Later(after_trouble(now, record), Why.UNEXPECTED_ERROR)
        detail = (
            f"it was handed out {record.receives} times and failed again with {type(error).__name__}: "
            "this is a bug of Postroad, report it"
        )
        message_id = parsed.message.message_id if parsed else None
        try:
            return self._refuse(
                Refusal(record, Reason.ATTEMPTS_EXHAUSTED, "", detail, message_id=message_id, parsed=parsed)
            )
        except Exception as trouble:  # noqa: BLE001  not even its refusal works, and others must go on
            self._on_error(trouble)
            return Later(after_trouble(now, record), Why.STORE_UNAVAILABLE)

    def _postpone(self, records: Sequence[Record], report: BatchReport) -> None:
        later = {
            record: decision.at
            for record in records
            if isinstance(decision := report.decisions[record.sqs_id], Later)
        }
        if later:
            self._postponement.postpone(later, now=self._clock.now())


class _Guard:
    """Keeps one record's error from its batch: the record gets a decision, the others go on."""

    def __init__(self, batch: SendBatch, record: Record, report: BatchReport, parsed: Parsed | None) -> None:
        self._batch = batch
        self._record = record
        self._report = report
        self._parsed = parsed

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._report.decisions[self._record.sqs_id] = self._batch.troubled(self._record, self._parsed, error)
        return True


def _rounds(parsed: Sequence[Parsed]) -> Iterator[list[Parsed]]:
    """Part copies of one message, so that the second meets the first one's result and not its lease."""
    waiting = list(parsed)
    while waiting:
        seen: set[str] = set()
        now: list[Parsed] = []
        rest: list[Parsed] = []
        for one in waiting:
            (rest if one.message.message_id in seen else now).append(one)
            seen.add(one.message.message_id)
        yield now
        waiting = rest


def _conflict(parsed: Parsed) -> Refusal:
    return Refusal(
        record=parsed.record,
        reason=Reason.CONFLICT,
        field="message_id",
        detail="another body was sent under this id: give each message an id of its own",
        message_id=parsed.message.message_id,
        parsed=parsed,
    )
