"""The one logger and the one set of metrics.

Logs are JSON, carry no address, body or template data, and one `service` word per function. Metrics are
written to the log in CloudWatch's embedded format; alarms import the names from here, so the two can't drift.
"""

from enum import StrEnum
from pathlib import Path
from traceback import extract_tb

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Postroad"
UNKNOWN_STREAM = "unknown"
"""The dimension of what no stream can be told of: it can't be empty."""


class Metric(StrEnum):
    """Every metric that a function writes: counts, and ages named for their unit (the oldest counts)."""

    SENT = "sent"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    CAPPED = "capped"
    CANCELLED = "cancelled"
    HELD = "held"
    RETRIED = "retried"
    UNKNOWN_OUTCOMES = "unknown_outcomes"
    DUPLICATES_DROPPED = "duplicates_dropped"
    HARD_BOUNCES = "hard_bounces"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINTS = "complaints"
    DELIVERIES = "deliveries"
    EVENTS_WITHOUT_ROW = "events_without_row"
    MALFORMED_EVENTS = "malformed_events"
    RESULTS_PUBLISHED = "results_published"
    DUPLICATES = "duplicates"
    """Mails that left twice, found out by SES's own ids: never but where the evidence lied."""
    SCHEDULED = "scheduled"
    CANARIES = "canaries"
    STREAM_STOPPED = "stream_stopped"
    """1 in each minute in which a stream's switch is not running because of its circuit."""
    DISPATCH_RUNS = "dispatch_runs"
    DISPATCHED = "dispatched"
    AUDITED = "audited"
    """Pointers that the nightly audit found where dispatch had swept long ago."""
    STRANDED = "stranded"
    """Pointers of streams that are not deployed, as the nightly audit found them."""
    BODIES_LOST = "bodies_lost"
    OLDEST_DUE_SECONDS = "oldest_due_seconds"
    """How long the oldest pointer that dispatch could not hand out has been due."""
    WATERMARK_SECONDS = "watermark_seconds"
    """How far the watermark lies behind the newest canary that should have moved it."""


class Dimension(StrEnum):
    """The dimensions of every metric: few, since CloudWatch bills each combination."""

    STAGE = "stage"
    STREAM = "stream"


def make_logger(service: str) -> Logger:
    """Return the JSON logger of the function `service`."""
    return Logger(service=service)


def described(error: BaseException) -> dict[str, str]:
    """Say of an error what a log may hold: its kind, its cause's kind, and where it was raised.

    Its text may hold an address, or a value of the message, and so stays out.
    """
    frames = extract_tb(error.__traceback__)
    cause = error.__cause__
    return {
        "error": type(error).__name__,
        "caused_by": "" if cause is None else type(cause).__name__,
        "raised_at": f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}"
        if frames
        else "",
    }


class Counts:
    """Adds up a batch's metrics per stream and writes each stream's once, at the end of the batch."""

    def __init__(self, stage: str) -> None:
        """Count for the stage `stage`."""
        self._stage = stage
        self._sums: dict[str, dict[Metric, int]] = {}

    def add(self, metric: Metric, stream: str, count: int = 1) -> None:
        """Add `count` to the metric of this stream."""
        sums = self._sums.setdefault(stream, {})
        sums[metric] = sums.get(metric, 0) + count

    def most(self, metric: Metric, stream: str, value: int) -> None:
        """Let the metric of this stream be the highest value that it was given: an age, say."""
        sums = self._sums.setdefault(stream, {})
        sums[metric] = max(sums.get(metric, 0), value)

    def of(self, metric: Metric, stream: str) -> int:
        """Return what has been counted and not yet written."""
        return self._sums.get(stream, {}).get(metric, 0)

    def flush(self) -> None:
        """Write every sum to the log in the embedded metric format, and start again from nothing."""
        for stream, sums in self._sums.items():
            metrics = EphemeralMetrics(namespace=NAMESPACE)
            metrics.add_dimension(Dimension.STAGE.value, self._stage)
            metrics.add_dimension(Dimension.STREAM.value, stream)
            for metric, count in sums.items():
                metrics.add_metric(metric.value, _unit(metric), count)
            metrics.flush_metrics()
        self._sums = {}


def _unit(metric: Metric) -> MetricUnit:
    return MetricUnit.Seconds if metric.value.endswith("_seconds") else MetricUnit.Count
