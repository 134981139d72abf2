"""What becomes of a record whose handling raised: later, or refused when it never gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.words import Reason
from postroad.errors import TransientError
from postroad.sending.decisions import Later, Why
from postroad.sending.mail import Refusal
from postroad.sending.pauses import after_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.clock import Clock
    from postroad.records import Record
    from postroad.sending.decisions import Decision
    from postroad.sending.mail import Parsed
    from postroad.sending.preparing import Preparation
    from postroad.sending.report import BatchReport
    from postroad.sending.rows import Rows


class Trouble:
    """Decides about records that failed by a fault of ours; nothing that concerns one concerns another."""

    def __init__(
        self,
        *,
        rows: Rows,
        preparation: Preparation,
        refuse: Callable[[Refusal], Decision],
        clock: Clock,
        attempts_max: int,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """`refuse` refuses for good what failed `attempts_max` times; `on_error` is told of each error."""
        self._rows = rows
        self._preparation = preparation
        self._refuse = refuse
        self._clock = clock
        self._attempts_max = attempts_max
        self._on_error = on_error

    def decide(self, record: Record, parsed: Parsed | None, error: Exception) -> Decision:
        """Decide about a record whose handling raised this error."""
        self._on_error(error)
        now = self._clock.now()
        if isinstance(error, TransientError):
            return Later(after_trouble(now, record), Why.STORE_UNAVAILABLE)
        try:
            failures = self._failures(record, parsed, error)
            if failures < self._attempts_max:
                return Later(after_trouble(now, record), Why.UNEXPECTED_ERROR)
            return self._give_up(record, parsed, error, failures)
        except Exception as trouble:  # noqa: BLE001  not even its refusal works, and others must go on
            self._on_error(trouble)
            return Later(after_trouble(now, record), Why.STORE_UNAVAILABLE)

    def _failures(self, record: Record, parsed: Parsed | None, error: Exception) -> int:
        """Count the failure in the message's row; how often SQS handed it out where there is none to name."""
        if parsed is None:
            return record.receives
        note = f"its handling failed with {type(error).__name__}"
        counted = self._rows.count_failure(self._preparation.row(parsed), note=note)
        return record.receives if counted is None else counted

    def _give_up(self, record: Record, parsed: Parsed | None, error: Exception, failures: int) -> Decision:
        detail = (
            f"it failed {failures} times, the last time with {type(error).__name__}: "
            "this is a bug of Postroad, report it"
        )
        message_id = parsed.message.message_id if parsed else None
        return self._refuse(
            Refusal(record, Reason.ATTEMPTS_EXHAUSTED, "", detail, message_id=message_id, parsed=parsed)
        )


class Guard:
    """Keeps one record's error from its batch: the record gets a decision, the others go on."""

    def __init__(
        self, trouble: Trouble, report: BatchReport, record: Record, parsed: Parsed | None = None
    ) -> None:
        """Write the decision into this report."""
        self._trouble = trouble
        self._report = report
        self._record = record
        self._parsed = parsed

    def __enter__(self) -> None:
        """Begin with the record."""

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> bool:
        """Swallow what is an Exception; what kills the process is let through."""
        if not isinstance(error, Exception):
            return False
        self._report.decisions[self._record.sqs_id] = self._trouble.decide(self._record, self._parsed, error)
        return True
