"""From the queue to the mailbox: for each stream its alarms and one graph."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.observability import Metric
from stacks.constructs.metrics import FIVE_MINUTES, our_metric
from stacks.constructs.send_pipeline import SendPipeline
from stacks.constructs.troubles import ACCOUNT
from stacks.dashboard.watched import HEIGHT, WIDTH, Row, Watched, axis, heading

ALARMS_WIDTH = 6
GRAPH_WIDTH = WIDTH - ALARMS_WIDTH
ENQUEUED = "#7f7f7f"
GOOD = {Metric.SENT: ("taken by SES", "#1f77b4"), Metric.DELIVERIES: ("delivered", "#2ca02c")}
BAD = {
    Metric.HARD_BOUNCES: ("bounced for good", "#ff7f0e"),
    Metric.SOFT_BOUNCES: ("bounced for now", "#ffbb78"),
    Metric.COMPLAINTS: ("complained of", "#d62728"),
    Metric.REFUSED: ("refused: the message is wrong", "#9467bd"),
    Metric.FAILED: ("failed: SES refused", "#8c564b"),
    Metric.SUPPRESSED: ("suppressed", "#17becf"),
    Metric.EXPIRED: ("expired", "#e377c2"),
    Metric.CAPPED: ("capped: enough mail", "#c5b0d5"),
    Metric.CANCELLED: ("called off: its journey ended", "#c7c7c7"),
    Metric.HELD: ("held", "#bcbd22"),
}
"""What each outcome is called and its colour, in every stream's graph."""


def rows(watched: Watched) -> Iterator[Row]:
    """Yield a row for each stream, and one for what all streams need."""
    yield heading(
        "## From the queue to the mailbox · messages in 5 minutes; on the right axis those that don't arrive"
    )
    for stream in watched.streams:
        yield [
            _alarms(watched, stream.name, stream.name, f"send-{stream.name}"),
            _flow(watched, stream),
        ]
    yield [
        _alarms(
            watched,
            "the account, SES's events, journeys and their intake, dispatch, outcomes, counting and pages",
            *(ACCOUNT, "feedback", "events", "journeys", "intake", "dispatch", "outcomes", "counting"),
            *(["web"] if watched.web else []),
            width=WIDTH,
        )
    ]


def _alarms(
    watched: Watched, whose: str, *parts: str, width: int = ALARMS_WIDTH
) -> cloudwatch.AlarmStatusWidget:
    return cloudwatch.AlarmStatusWidget(
        title=f"Alarms of {whose}",
        alarms=[alarm for part in parts for alarm in watched.alarms.of[part]],
        width=width,
        height=HEIGHT if width == ALARMS_WIDTH else 3,
    )


def _flow(watched: Watched, stream: SendPipeline) -> cloudwatch.GraphWidget:
    def line(metric: Metric, label: str, color: str) -> cloudwatch.Metric:
        return our_metric(watched.stage, metric, stream.name, label=f"{label} ${{SUM}}", color=color)

    enqueued = stream.work.queue.metric_number_of_messages_sent(
        statistic=cloudwatch.Stats.SUM, period=FIVE_MINUTES, label="enqueued ${SUM}", color=ENQUEUED
    )
    return cloudwatch.GraphWidget(
        title=f"What becomes of the mail of {stream.name}",
        left=[enqueued, *(line(metric, *look) for metric, look in GOOD.items())],
        right=[line(metric, *look) for metric, look in BAD.items()],
        left_y_axis=axis("messages"),
        right_y_axis=axis("not delivered"),
        legend_position=cloudwatch.LegendPosition.RIGHT,
        width=GRAPH_WIDTH,
        height=HEIGHT,
    )
