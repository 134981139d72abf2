"""Whether the parts work: how late they are, and functions and tables against their limits."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.ledger.dynamodb import HELD_INDEX, INDEX
from postroad.observability import UNKNOWN_STREAM, Metric
from stacks.constructs.metrics import FIVE_MINUTES, our_metric
from stacks.constructs.work_queue import LATE
from stacks.dashboard.watched import WIDTH, Row, Watched, axis, graph, heading, threshold

THIRD = WIDTH // 3
QUARTER = WIDTH // 4
FULL = 100
MILLISECONDS = 1000


def rows(watched: Watched) -> Iterator[Row]:
    """Yield ages, functions, and what they stand on."""
    yield heading("## How late it is")
    yield [_ages(watched), _behind(watched), _lost(watched)]
    yield heading("## Functions and tables")
    yield [_errors(watched), _throttles(watched), _durations(watched), _copies(watched)]
    yield [_tables(watched), _notifications(watched)]


def _ages(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "How long the oldest message has waited",
        [
            queue.metric_approximate_age_of_oldest_message(
                statistic=cloudwatch.Stats.MAXIMUM,
                period=FIVE_MINUTES,
                label=name,
                color=watched.color_of(name),
            )
            for name, queue in watched.queues.items()
        ],
        "seconds",
        width=THIRD,
        lines=[threshold(LATE.to_seconds(), "rings")],
    )


def _behind(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "How far outcomes and counting are behind the table",
        [
            cloudwatch.MathExpression(
                expression=f"{name} / {MILLISECONDS}",
                using_metrics={
                    name: watched.functions[name].metric(
                        "IteratorAge", statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
                    )
                },
                label=name,
                color=watched.color_of(name),
                period=FIVE_MINUTES,
            )
            for name in ("outcomes", "counting")
        ],
        "seconds",
        width=THIRD,
        lines=[threshold(LATE.to_seconds(), "rings")],
    )


def _lost(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Events of SES that belong to no message, or can't be read",
        [
            our_metric(watched.stage, Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM, label="of no message"),
            our_metric(watched.stage, Metric.MALFORMED_EVENTS, UNKNOWN_STREAM, label="unreadable"),
        ],
        "events in 5 minutes",
        width=THIRD,
    )


def _errors(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Runs that ended with an error",
        [
            function.metric_errors(period=FIVE_MINUTES, label=name, color=watched.color_of(name))
            for name, function in watched.functions.items()
        ],
        "runs in 5 minutes",
        width=QUARTER,
        lines=[threshold(1, "rings, twice in 15 minutes")],
    )


def _throttles(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Runs that Lambda refused to start",
        [
            function.metric_throttles(period=FIVE_MINUTES, label=name, color=watched.color_of(name))
            for name, function in watched.functions.items()
        ],
        "runs in 5 minutes",
        width=QUARTER,
        lines=[threshold(1, "rings, after 15 minutes")],
    )


def _durations(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Longest run, of the timeout",
        [
            cloudwatch.MathExpression(
                expression=f"{FULL} * duration{number} / {watched.timeouts[name] * MILLISECONDS}",
                using_metrics={
                    f"duration{number}": function.metric_duration(
                        statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
                    )
                },
                label=f"{name} (of {watched.timeouts[name]} s)",
                color=watched.color_of(name),
                period=FIVE_MINUTES,
            )
            for number, (name, function) in enumerate(watched.functions.items())
        ],
        "% of the timeout",
        width=QUARTER,
        most=FULL,
        lines=[threshold(FULL, "ends with an error")],
    )


def _copies(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Copies that run at once, of the most allowed",
        [
            cloudwatch.MathExpression(
                expression=f"{FULL} * copies{number} / {most}",
                using_metrics={
                    f"copies{number}": watched.functions[name].metric(
                        "ConcurrentExecutions", statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
                    )
                },
                label=f"{name} (of {most})",
                color=watched.color_of(name),
                period=FIVE_MINUTES,
            )
            for number, (name, most) in enumerate(watched.maximum_concurrency.items())
        ],
        "% of the most allowed",
        width=QUARTER,
        most=FULL,
    )


def _tables(watched: Watched) -> cloudwatch.IWidget:
    """Throttles of a table and of its indexes: each counts its own."""
    names = {table.table_name.rpartition("-")[2]: table.table_name for table in watched.tables}
    metrics: list[cloudwatch.IMetric] = [
        _throttle(kind, f"{name}, {kind.lower()}", {"TableName": table})
        for name, table in names.items()
        for kind in ("Read", "Write")
    ]
    for index in (INDEX, HELD_INDEX):
        dimensions = {"TableName": watched.tables[0].table_name, "GlobalSecondaryIndexName": index}
        metrics.append(_throttle("Write", f"messages' index {index}, write", dimensions))
    return graph("Requests that DynamoDB throttled", metrics, "requests in 5 minutes", width=WIDTH // 2)


def _throttle(kind: str, label: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name=f"{kind}ThrottleEvents",
        dimensions_map=dimensions,
        statistic=cloudwatch.Stats.SUM,
        period=FIVE_MINUTES,
        label=label,
    )


def _notifications(watched: Watched) -> cloudwatch.IWidget:
    topic = watched.feedback.topic
    return cloudwatch.GraphWidget(
        title="Events of SES on their way to feedback",
        left=[topic.metric_number_of_messages_published(period=FIVE_MINUTES, label="published by SES")],
        right=[
            topic.metric_number_of_notifications_failed(
                period=FIVE_MINUTES, label="not delivered to the queue", color="#d62728"
            )
        ],
        left_y_axis=axis("events in 5 minutes"),
        right_y_axis=axis("not delivered"),
        width=WIDTH // 2,
        height=6,
    )
