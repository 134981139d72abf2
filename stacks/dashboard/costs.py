"""What the stage costs: counts × list prices. An estimate; the bill is AWS's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.ledger.dynamodb import HELD_INDEX, INDEX
from postroad.observability import Metric
from stacks.constructs import (
    counting_pipeline,
    dispatch_pipeline,
    feedback_pipeline,
    intake_api,
    journeys_pipeline,
    outcomes_pipeline,
    web_pages,
)
from stacks.constructs.metrics import our_metric
from stacks.dashboard import prices
from stacks.dashboard.watched import HEIGHT, Row, Watched, axis, heading

DAY = Duration.days(1)
MEBIBYTES = 1024
MILLISECONDS = 1000
MINUTES_A_MONTH = 30 * 24 * 60
# Sent, received, deleted, or asked in vain: in batches they are fewer requests, so this is the most.
SQS_COUNTS = (
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "NumberOfEmptyReceives",
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one service costs: the sum of metrics, each with its price for one."""

    label: str
    color: str
    priced: Mapping[str, tuple[cloudwatch.IMetric, float]]

    def dollars(self) -> cloudwatch.MathExpression:
        """Return the costs in each period, 0 where nothing was counted."""
        terms = [f"FILL({name}, 0) * {price:.12f}" for name, (_, price) in self.priced.items()]
        return cloudwatch.MathExpression(
            expression=" + ".join(terms),
            using_metrics={name: metric for name, (metric, _) in self.priced.items()},
            label=self.label,
            color=self.color,
            period=DAY,
        )


def rows(watched: Watched) -> Iterator[Row]:
    """Yield a day's costs, a month's, and how they came about."""
    parts = _parts(watched)
    yield heading(
        f"## Costs · an estimate: counts × AWS's list prices of us-east-1, {prices.AS_OF}, without free tiers"
    )
    yield [
        _number("US dollars, last 24 hours (estimate)", "-PT24H", parts),
        _number("US dollars, last 30 days (estimate)", "-P30D", parts),
        cloudwatch.GraphWidget(
            title="US dollars a day (estimate)",
            left=[part.dollars() for part in parts],
            left_y_axis=axis("US dollars"),
            stacked=True,
            start="-P14D",
            end="P0D",
            legend_position=cloudwatch.LegendPosition.RIGHT,
            width=11,
            height=HEIGHT,
        ),
        cloudwatch.TextWidget(markdown=_what_stands_still(watched), width=5, height=HEIGHT),
    ]


def _number(title: str, since: str, parts: list[Part]) -> cloudwatch.IWidget:
    expressions = {f"part{number}": part.dollars() for number, part in enumerate(parts)}
    together = cloudwatch.MathExpression(
        expression=" + ".join(expressions), using_metrics=expressions, label="US dollars", period=DAY
    )
    return cloudwatch.SingleValueWidget(
        title=title,
        metrics=[together],
        start=since,
        end="P0D",
        set_period_to_time_range=True,
        width=4,
        height=HEIGHT,
    )


def _parts(watched: Watched) -> list[Part]:
    return [
        Part("SES, plan Essentials", "#1f77b4", _ses(watched)),
        Part("Lambda", "#ff7f0e", _lambda(watched)),
        Part("SQS, at most", "#2ca02c", _sqs(watched)),
        Part("DynamoDB", "#9467bd", _dynamodb(watched)),
        Part("SNS and EventBridge", "#e377c2", _events(watched)),
        Part("Firehose", "#17becf", _firehose(watched)),
        Part("Logs", "#7f7f7f", _logs(watched)),
    ]


def _ses(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    return {
        f"sent{number}": (our_metric(watched.stage, Metric.SENT, stream.name, DAY), prices.SES_MAIL)
        for number, stream in enumerate(watched.streams)
    }


def _lambda(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    priced: dict[str, tuple[cloudwatch.IMetric, float]] = {}
    memory = {
        **{f"send-{each.name}": each.sizing.memory_mebibytes for each in watched.streams},
        "feedback": feedback_pipeline.MEMORY_MEBIBYTES,
        "intake": intake_api.MEMORY_MEBIBYTES,
        "journeys": journeys_pipeline.MEMORY_MEBIBYTES,
        "outcomes": outcomes_pipeline.MEMORY_MEBIBYTES,
        "counting": counting_pipeline.MEMORY_MEBIBYTES,
        "web": web_pages.MEMORY_MEBIBYTES,
        "dispatch": dispatch_pipeline.MEMORY_MEBIBYTES,
    }
    for number, (name, function) in enumerate(watched.functions.items()):
        millisecond = prices.LAMBDA_GIBIBYTE_SECOND * memory[name] / MEBIBYTES / MILLISECONDS
        priced[f"runs{number}"] = (function.metric_invocations(period=DAY), prices.LAMBDA_RUN)
        priced[f"duration{number}"] = (
            function.metric_duration(period=DAY, statistic=cloudwatch.Stats.SUM),
            millisecond,
        )
    return priced


def _sqs(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    return {
        f"requests{number}x{kind}": (
            queue.metric(name, period=DAY, statistic=cloudwatch.Stats.SUM),
            prices.SQS_REQUEST,
        )
        for number, queue in enumerate(watched.queues.values())
        for kind, name in enumerate(SQS_COUNTS)
    }


def _dynamodb(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    priced: dict[str, tuple[cloudwatch.IMetric, float]] = {}
    dimensions = [{"TableName": table.table_name} for table in watched.tables]
    dimensions += [{**dimensions[0], "GlobalSecondaryIndexName": index} for index in (INDEX, HELD_INDEX)]
    for number, one in enumerate(dimensions):
        for kind, price in (("Read", prices.DYNAMODB_READ), ("Write", prices.DYNAMODB_WRITE)):
            metric = cloudwatch.Metric(
                namespace="AWS/DynamoDB",
                metric_name=f"Consumed{kind}CapacityUnits",
                dimensions_map=one,
                statistic=cloudwatch.Stats.SUM,
                period=DAY,
            )
            priced[f"{kind.lower()}{number}"] = (metric, price)
    return priced


def _events(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    published = watched.feedback.topic.metric_number_of_messages_published(period=DAY)
    return {
        "published": (published, prices.SNS_PUBLISH),
        **{
            f"results{number}": (
                our_metric(watched.stage, Metric.RESULTS_PUBLISHED, stream.name, DAY),
                prices.EVENTBRIDGE_EVENT,
            )
            for number, stream in enumerate(watched.streams)
        },
    }


def _firehose(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    return {"records": (watched.events.records.with_(period=DAY), prices.FIREHOSE_RECORD)}


def _logs(watched: Watched) -> dict[str, tuple[cloudwatch.IMetric, float]]:
    return {
        f"bytes{number}": (
            # Not log_group.metric_incoming_bytes(): it names no log group, and so means the whole account.
            cloudwatch.Metric(
                namespace="AWS/Logs",
                metric_name="IncomingBytes",
                dimensions_map={"LogGroupName": function.log_group.log_group_name},
                statistic=cloudwatch.Stats.SUM,
                period=DAY,
            ),
            prices.LOG_BYTE,
        )
        for number, function in enumerate(watched.functions.values())
    }


def _what_stands_still(watched: Watched) -> str:
    """Return what a month costs even if nothing is sent. Metrics are billed in the hours they are written."""
    monthly = {
        "alarms": watched.alarms.watched_metrics * prices.ALARM_METRIC,
        "this dashboard, beyond the first three": prices.DASHBOARD,
        "secrets": (3 if watched.configuration.aws.backup_region else 2) * prices.SECRET,
    }
    each_month = MINUTES_A_MONTH / watched.configuration.timing.canary_minutes
    monthly["canaries"] = len(watched.streams) * each_month * prices.SES_MAIL
    if watched.configuration.encryption == "customer-managed":
        monthly["the KMS key, without its requests"] = prices.KEY
    metrics = len(watched.streams) * len(Metric) * prices.CUSTOM_METRIC
    lines = [
        "**Not in the numbers, a month:**",
        *(f"- {what}: {dollars:.2f}" for what, dollars in monthly.items()),
        f"- custom metrics: up to {metrics:.2f}, by the hours in which they are written",
        "- attachments and events in S3, backups of tables, storage",
        "",
        "SES without a plan costs 0.10 instead of 0.16 for 1,000 mails.",
    ]
    return "\n".join(lines)
