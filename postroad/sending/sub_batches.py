"""Sub-batches: as many messages as there are idle threads, from the rate to the mark, in few requests.

The order is fixed: lease the rate; read the suppressions, once and consistently; claim, many rows at once;
then per thread one request; and at last mark, many rows at once, what SES took. Whatever dies in between
leaves claims behind, never a request without one.
"""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.errors import TransientError
from postroad.governor.grant import Shortage
from postroad.sending.at_once import AtOnce
from postroad.sending.decisions import Later, Sent, Why
from postroad.sending.pauses import after_busy, after_trouble, after_unusable
from postroad.sending.requesting import Accepted
from postroad.sending.trouble import Guard
from postroad.sending.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from postroad.clock import Clock
    from postroad.ledger.row import Row
    from postroad.records import Record
    from postroad.sending.admission import Admission
    from postroad.sending.decisions import Decision
    from postroad.sending.delivery import Delivery
    from postroad.sending.entering import Entering
    from postroad.sending.fuse import Fuse
    from postroad.sending.limits import Limits
    from postroad.sending.mail import Prepared
    from postroad.sending.marking import Marking
    from postroad.sending.ports import Rate
    from postroad.sending.refusals import Refusals
    from postroad.sending.report import BatchReport
    from postroad.sending.rows import Tried
    from postroad.sending.threads import Threads
    from postroad.sending.trouble import Trouble
    from postroad.suppression.model import Suppression
    from postroad.suppression.ports import SuppressionStore

LONGEST_UNMARKED_SECONDS = 1.0
"""So long the marks of a sub-batch wait for its slowest request; then those that there are are written."""


@dataclass(slots=True)
class Run:
    """One batch on its way: its decisions so far, and when the function is stopped."""

    report: BatchReport
    deadline: datetime
    is_out_of_rate: bool = False
    """The rate has nothing more for this run."""

    def decide(self, record: Record, decision: Decision) -> None:
        """Write down what is decided about a record."""
        self.report.decisions[record.sqs_id] = decision


@dataclass(frozen=True, slots=True)
class Planned:
    """A message, and the row that shall stand next; see `Rows.enter` for `tried`."""

    prepared: Prepared
    row: Row
    tried: Tried | None = None


@dataclass(slots=True)
class UnderWay:
    """A sub-batch whose requests have been handed to the threads."""

    file_bytes: int
    futures: list[Future[Accepted | None]] = field(default_factory=list)
    missed_turn: bool = False
    """Some of it was granted and came too late to leave."""

    def has_ended(self) -> bool:
        """Say whether each of its requests has its answer."""
        return all(future.done() for future in self.futures)

    def wait(self) -> None:
        """Return when no request is under way any more, whatever became of them."""
        wait(self.futures)


def missed_turn(result: object) -> bool:
    """Say whether a mail was granted its turn in the rate, and came too late for it."""
    return isinstance(result, Later) and result.why is Why.NO_RATE


class SubBatches:
    """Brings prepared messages to their decisions."""

    def __init__(
        self,
        *,
        rate: Rate,
        suppressions: SuppressionStore,
        entering: Entering,
        admission: Admission,
        delivery: Delivery,
        marking: Marking,
        refusals: Refusals,
        fuse: Fuse,
        trouble: Trouble,
        threads: Threads,
        clock: Clock,
        new_owner: Callable[[], str],
        limits: Limits,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Use these parts; `on_error` is told of each error that is a bug or an outage, for the log."""
        self._rate = rate
        self._suppressions = suppressions
        self._entering = entering
        self._admission = admission
        self._delivery = delivery
        self._marking = marking
        self._refusals = refusals
        self._fuse = fuse
        self._trouble = trouble
        self._threads = threads
        self._at_once = AtOnce(threads.count)
        self._clock = clock
        self._new_owner = new_owner
        self._limits = limits
        self._on_error = on_error

    def stopped(self, record: Record) -> Later | None:
        """Hide a record while the stream is stopped; ever longer, should it be handed out all the same."""
        until = self._fuse.stopped_until
        if until is None:
            return None
        at = after_unusable(self._clock.now(), record, self._limits.pause)
        return Later(max(until, at), Why.STREAM_STOPPED)

    def without_rate(self, record: Record) -> Later:
        """Hide a record for which this run has no rate; ever longer, since SQS counts how often it comes."""
        return Later(after_busy(self._clock.now(), record), Why.NO_RATE)

    def begin(self, ready: list[Prepared], run: Run) -> UnderWay:
        """Take from `ready` what the rate has room for, claim it, and let its requests go.

        What has no room stays in `ready`: ask again. Where the run has no rate any more it is decided about,
        and `ready` is empty.
        """
        granted, until = self._take(ready, run)
        under_way = UnderWay(sum(each.file_bytes for each in granted))
        if not granted:
            return under_way
        checked_at = self._clock.now()
        window = Window(
            deadline=run.deadline,
            request=self._limits.request,
            checked_at=checked_at,
            granted_until=until,
        )
        planned, late = self._planned(granted, window, run)
        # Nothing is claimed of these: they need another turn, and no other run.
        ready[:0] = late
        under_way.missed_turn = bool(late)

        def go(one: Planned) -> Accepted | None:
            with self._guard(one.prepared, run):
                result = self._delivery.carry_out(one.prepared, one.row, window=window, tried=one.tried)
                if isinstance(result, Accepted):
                    return result
                if missed_turn(result):
                    under_way.missed_turn = True
                parsed = one.prepared.parsed
                decision = self._refusals.or_conflict(parsed, result)
                run.decide(parsed.record, decision)
                self._admission.settle(one.prepared, decision)
            return None

        under_way.futures.extend(self._threads.begin(go, one) for one in self._tried(planned))
        return under_way

    def end(self, under_way: UnderWay, run: Run) -> None:
        """Mark what SES took, and return when nothing is under way any more."""
        waiting = set(under_way.futures)
        while waiting:
            ended, waiting = wait(waiting, LONGEST_UNMARKED_SECONDS)
            self._mark([taken for each in ended if (taken := each.result()) is not None], run)
        self._at_once.learn(missed=under_way.missed_turn)

    def _guard(self, prepared: Prepared, run: Run) -> Guard:
        return Guard(self._trouble, run.report, prepared.parsed.record, prepared.parsed)

    def _take(self, ready: list[Prepared], run: Run) -> tuple[list[Prepared], datetime | None]:
        """Lease the rate, and return whose turn it is, and until when."""
        if self._fuse.stopped_until is None:
            try:
                grant = self._rate.take(
                    min(len(ready), self._at_once.count), deadline=run.deadline - self._limits.request
                )
            except Exception as error:  # noqa: BLE001  whatever it is, nothing leaves without a grant
                self._on_error(error)
                self._put_off(ready, run)
                ready.clear()
                return [], None
            if grant.count:
                granted = ready[: grant.count]
                del ready[: grant.count]
                return granted, grant.until
            if grant.shortage is Shortage.QUOTA:
                self._fuse.hear(Why.QUOTA_EXHAUSTED, now=self._clock.now())
            run.is_out_of_rate = True
        for prepared in ready:
            record = prepared.parsed.record
            run.decide(record, self.stopped(record) or self.without_rate(record))
        ready.clear()
        return [], None

    def _put_off(self, some: Sequence[Prepared], run: Run) -> None:
        now = self._clock.now()
        for prepared in some:
            record = prepared.parsed.record
            run.decide(record, Later(after_trouble(now, record), Why.STORE_UNAVAILABLE))

    def _planned(
        self, granted: Sequence[Prepared], window: Window, run: Run
    ) -> tuple[list[Planned], list[Prepared]]:
        """Look everybody up who is to be mailed, and plan what shall stand in each row.

        Also returned are those whose turn in the rate was over by then.
        """
        keys = [key for prepared in granted for key in prepared.address_keys]
        found: dict[str, Suppression] | None = None
        try:
            found = dict(self._suppressions.find(keys))
        except TransientError as error:
            self._on_error(error)
            self._put_off(granted, run)
            return [], []
        except Exception as error:  # noqa: BLE001  one recipient's entry can't be read: each asks for its own
            self._on_error(error)
        planned: list[Planned] = []
        late: list[Prepared] = []
        for prepared in granted:
            with self._guard(prepared, run):
                own = prepared.address_keys
                known = self._suppressions.find(own) if found is None else found
                row = self._delivery.plan(
                    prepared,
                    [known[key] for key in own if key in known],
                    owner=self._new_owner(),
                    window=window,
                )
                if missed_turn(row) and window.has_time(self._clock.now()):
                    late.append(prepared)
                elif isinstance(row, Later):
                    run.decide(prepared.parsed.record, row)
                else:
                    planned.append(Planned(prepared, row))
        return planned, late

    def _tried(self, planned: Sequence[Planned]) -> list[Planned]:
        """Write the rows of all at once, but of those whose body must be kept before."""
        alone = [one for one in planned if one.row.status is Status.HELD]
        together = [one for one in planned if one.row.status is not Status.HELD]
        if not together:
            return alone
        try:
            tried = self._entering.enter_many(
                [(one.prepared.parsed.record, one.row) for one in together], now=self._clock.now()
            )
        except Exception as error:  # noqa: BLE001  one of the rows can't be written: each is tried by itself
            self._on_error(error)
            return [*together, *alone]
        return [
            *(Planned(one.prepared, one.row, each) for one, each in zip(together, tried, strict=True)),
            *alone,
        ]

    def _mark(self, accepted: Sequence[Accepted], run: Run) -> None:
        outcomes: Sequence[bool | TransientError | None] = []
        try:
            outcomes = self._marking.mark(accepted) if accepted else []
        except Exception as error:  # noqa: BLE001  one of the rows can't be written: each is tried by itself
            self._on_error(error)
            outcomes = [None] * len(accepted)
        left = []
        for one, outcome in zip(accepted, outcomes, strict=True):
            if self._marking.is_done(one, outcome):
                run.decide(one.record, Sent(one.ses_message_id))
            else:
                left.append((one, outcome))

        def finish(each: tuple[Accepted, bool | TransientError | None]) -> None:
            one, outcome = each
            with Guard(self._trouble, run.report, one.record, one.parsed):
                run.decide(one.record, self._marking.finish(one, outcome))

        self._threads.each(finish, left)
