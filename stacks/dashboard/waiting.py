"""What waits, and whether that which ends its waiting works: schedule, circuit, evidence."""

from collections.abc import Iterator, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.observability import UNKNOWN_STREAM, Metric
from stacks.constructs.metrics import FIVE_MINUTES, our_metric
from stacks.constructs.troubles import OVERDUE_MINUTES, STALE_MINUTES
from stacks.constructs.work_queue import LATE
from stacks.dashboard.watched import WIDTH, Row, Watched, graph, heading, threshold, total

THIRD = WIDTH // 3
NEVER = {
    Metric.DUPLICATES: ("left twice", "#d62728"),
    Metric.BODIES_LOST: ("due without a body", "#9467bd"),
    Metric.AUDITED: ("passed over by dispatch", "#ff7f0e"),
}
"""What should be nothing at all, whatever happens: each rings at the first."""


def rows(watched: Watched) -> Iterator[Row]:
    """Yield the schedule, what stops a stream, and what decides an unknown outcome."""
    yield heading("## What waits · scheduled messages, streams that SES turned away, lost answers")
    yield [
        _streams(watched, "Put off until later", Metric.SCHEDULED, "messages in 5 minutes"),
        _streams(watched, "Handed out by dispatch", Metric.DISPATCHED, "messages in 5 minutes"),
        _streams(
            watched,
            "How long what is due has waited for dispatch",
            Metric.OLDEST_DUE_SECONDS,
            "seconds",
            lines=[threshold(Duration.minutes(OVERDUE_MINUTES).to_seconds(), "rings")],
        ),
    ]
    yield [
        _streams(
            watched,
            "Streams that stopped themselves (1 is stopped)",
            Metric.STREAM_STOPPED,
            "stopped",
            lines=[threshold(1, "rings")],
        ),
        _streams(watched, "Answers of SES that got lost", Metric.UNKNOWN_OUTCOMES, "mails in 5 minutes"),
        _streams(
            watched,
            "How far the evidence is behind the newest canary",
            Metric.WATERMARK_SECONDS,
            "seconds",
            lines=[threshold(Duration.minutes(STALE_MINUTES).to_seconds(), "rings")],
        ),
    ]
    yield [_never(watched), _beats(watched), _freshness(watched)]


def _streams(
    watched: Watched,
    title: str,
    metric: Metric,
    unit: str,
    *,
    lines: Sequence[cloudwatch.HorizontalAnnotation] = (),
) -> cloudwatch.IWidget:
    return graph(
        title,
        [
            our_metric(
                watched.stage, metric, stream.name, label=stream.name, color=watched.color_of(stream.name)
            )
            for stream in watched.streams
        ],
        unit,
        width=THIRD,
        lines=lines,
    )


def _never(watched: Watched) -> cloudwatch.IWidget:
    metrics = [
        total(
            [our_metric(watched.stage, metric, stream.name) for stream in watched.streams],
            metric.value.replace("_", ""),
            label,
            color=color,
        )
        for metric, (label, color) in NEVER.items()
    ]
    stranded = our_metric(
        watched.stage, Metric.STRANDED, UNKNOWN_STREAM, label="of a stream that is gone", color="#8c564b"
    )
    return graph(
        "What should never happen",
        [*metrics, stranded],
        "messages in 5 minutes",
        width=THIRD,
        lines=[threshold(1, "rings")],
    )


def _beats(watched: Watched) -> cloudwatch.IWidget:
    canaries = [our_metric(watched.stage, Metric.CANARIES, stream.name) for stream in watched.streams]
    return graph(
        "Runs of dispatch, and the canaries that it sent",
        [
            our_metric(
                watched.stage,
                Metric.DISPATCH_RUNS,
                UNKNOWN_STREAM,
                label="runs",
                color=watched.color_of("dispatch"),
            ),
            total(canaries, "canaries", "canaries", color="#2ca02c"),
        ],
        "in 5 minutes",
        width=THIRD,
    )


def _freshness(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "How long Firehose has held SES's oldest event",
        [
            watched.events.freshness.with_(
                label="events", color=watched.color_of("events"), period=FIVE_MINUTES
            )
        ],
        "seconds",
        width=THIRD,
        lines=[threshold(LATE.to_seconds() + watched.configuration.timing.events_buffer_seconds, "rings")],
    )
