"""The first look: what rings, and how the stage stands now."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.observability import Metric
from stacks.constructs.metrics import FIVE_MINUTES, our_metric, ses_metric
from stacks.constructs.troubles import BOUNCE_RATE, COMPLAINT_RATE
from stacks.dashboard.watched import WIDTH, Row, Watched, axis, threshold, total

ALARMS_PER_WIDGET = 100
"""CloudWatch's own limit."""
NUMBER = 4
"""Columns and rows of one number: six stand side by side."""
PERCENT = 100
TODAY = "-PT24H"


def rows(watched: Watched) -> Iterator[Row]:
    """Yield what rings (empty is good), then six numbers."""
    alarms = [alarm for part in watched.alarms.of.values() for alarm in part]
    for start in range(0, len(alarms), ALARMS_PER_WIDGET):
        yield [
            cloudwatch.AlarmStatusWidget(
                title="Ringing now (nothing here is good)",
                alarms=alarms[start : start + ALARMS_PER_WIDGET],
                states=[cloudwatch.AlarmState.ALARM],
                sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
                width=WIDTH,
                height=2,
            )
        ]
    yield [*_queues(watched), *_rates()]


def _queues(watched: Watched) -> Iterator[cloudwatch.IWidget]:
    ages = [
        queue.metric_approximate_age_of_oldest_message(
            statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
        )
        for queue in watched.queues.values()
    ]
    waiting, dead = (
        [
            queue.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
            )
            for queue in queues.values()
        ]
        for queues in (watched.queues, watched.dead_letters)
    )
    yield _number("Oldest message in any queue", total(ages, "age", "seconds", function="MAX"))
    yield _number("Messages that wait", total(waiting, "waiting", "messages"))
    yield _number("Dead letters", total(dead, "dead", "messages"))
    held, unknown = (
        [our_metric(watched.stage, metric, stream.name) for stream in watched.streams]
        for metric in (Metric.HELD, Metric.UNKNOWN_OUTCOMES)
    )
    yield cloudwatch.SingleValueWidget(
        title="Held in the last 24 hours",
        metrics=[
            total(unknown, "unknown", "answers that got lost"),
            total(held, "held", "held"),
        ],
        start=TODAY,
        end="P0D",
        set_period_to_time_range=True,
        width=NUMBER,
        height=NUMBER,
    )


def _number(title: str, metric: cloudwatch.IMetric) -> cloudwatch.IWidget:
    return cloudwatch.SingleValueWidget(
        title=title, metrics=[metric], sparkline=True, width=NUMBER, height=NUMBER
    )


def _rates() -> Iterator[cloudwatch.IWidget]:
    for title, rate, limit in (
        ("Bounce rate, as SES sees the account", "BounceRate", BOUNCE_RATE),
        ("Complaint rate, as SES sees it", "ComplaintRate", COMPLAINT_RATE),
    ):
        seen = ses_metric(f"Reputation.{rate}", statistic=cloudwatch.Stats.MAXIMUM)
        yield cloudwatch.GaugeWidget(
            title=title,
            metrics=[
                cloudwatch.MathExpression(
                    expression=f"{PERCENT} * rate",
                    using_metrics={"rate": seen},
                    label="% of its mail",
                    period=FIVE_MINUTES,
                )
            ],
            annotations=[threshold(PERCENT * limit, f"SES reviews at {limit:.1%}")],
            left_y_axis=axis("%", most=2 * PERCENT * limit),
            # SES writes these when it counts anew, and not at all without mail.
            start="-P7D",
            end="P0D",
            width=NUMBER,
            height=NUMBER,
        )
