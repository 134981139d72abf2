"""The metrics that alarms and the dashboard look at; those of ours as functions write them."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.observability import NAMESPACE, Dimension, Metric
from stacks.stage import Stage

FIVE_MINUTES = Duration.minutes(5)


def our_metric(
    stage: Stage,
    metric: Metric,
    stream: str,
    period: Duration = FIVE_MINUTES,
    *,
    label: str | None = None,
    color: str | None = None,
) -> cloudwatch.Metric:
    """Return how often `metric` was counted for `stream` in each period; of an age, the highest."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric.value,
        dimensions_map={Dimension.STAGE.value: stage.name, Dimension.STREAM.value: stream},
        statistic=cloudwatch.Stats.MAXIMUM if metric.value.endswith("_seconds") else cloudwatch.Stats.SUM,
        period=period,
        label=label,
        color=color,
    )


def ses_metric(
    name: str,
    period: Duration = FIVE_MINUTES,
    *,
    configuration_set: str | None = None,
    statistic: str = cloudwatch.Stats.SUM,
    label: str | None = None,
    color: str | None = None,
) -> cloudwatch.Metric:
    """Return what SES publishes by itself: of the account, or of a configuration set (Reputation.* alone).

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
    """
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=name,
        dimensions_map={"ses:configuration-set": configuration_set} if configuration_set else None,
        statistic=statistic,
        period=period,
        label=label,
        color=color,
    )
