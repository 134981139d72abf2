"""What was decided about a batch, and how that is counted and logged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status
from postroad.observability import Metric
from postroad.sending.decisions import Decision, Duplicate, Later, Refused, Sent, Settled, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What was decided, by SQS message id, and which records must stay on the queue."""

    decisions: dict[str, Decision] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """The SQS ids of the records that must not be deleted."""
        return [sqs_id for sqs_id, decision in self.decisions.items() if isinstance(decision, Later)]

    def summary(self) -> dict[str, int]:
        """Return how often each decision was made, for the one log line of the batch."""
        counts: dict[str, int] = {}
        for decision in self.decisions.values():
            word = _word(decision)
            counts[word] = counts.get(word, 0) + 1
        return counts

    def metrics(self) -> Iterator[Metric]:
        """Yield what each decision counts as."""
        for decision in self.decisions.values():
            yield from _metrics(decision)


def _metrics(decision: Decision) -> list[Metric]:
    match decision:
        case Sent():
            return [Metric.SENT]
        case Duplicate():
            return [Metric.DUPLICATES_DROPPED]
        case Refused():
            return [Metric.REFUSED]
        case Later():
            return [Metric.RETRIED]
        case Waits(reason, _, is_new):
            began = Metric.UNKNOWN_OUTCOMES if reason is Reason.UNKNOWN_OUTCOME else Metric.SCHEDULED
            return [began] if is_new else []
        case Settled(Status.HELD, Reason.UNKNOWN_OUTCOME | Reason.ATTEMPTS_EXHAUSTED):
            return [Metric.HELD, Metric.UNKNOWN_OUTCOMES]
        case Settled(status):
            return [_OF_STATUS.get(status, Metric.SUPPRESSED)]


_OF_STATUS = {
    Status.HELD: Metric.HELD,
    Status.FAILED: Metric.FAILED,
    Status.EXPIRED: Metric.EXPIRED,
    Status.CAPPED: Metric.CAPPED,
    Status.CANCELLED: Metric.CANCELLED,
}


def _word(decision: Decision) -> str:
    match decision:
        case Sent():
            return "sent"
        case Duplicate():
            return "duplicate"
        case Refused(reason):
            return f"refused:{reason.value}"
        case Settled(status, reason):
            return f"{status.value}:{reason}"
        case Waits(reason, _, is_new):
            return f"waits:{reason.value}" if is_new else f"waits_on:{reason.value}"
        case Later(_, why, code):
            return f"later:{why.value}:{code}" if code else f"later:{why.value}"
