"""How near the stage is to what SES lets the account send.

SES publishes no metric of its rate and quota, neither in AWS/SES nor in AWS/Usage
(https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-monitor.html names its console and GetAccount
alone), so the lines are what the configuration says.
"""

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from postroad.observability import Metric
from stacks.constructs.metrics import our_metric, ses_metric
from stacks.dashboard.watched import HEIGHT, THRESHOLD, Row, Watched, axis, graph, heading, threshold

MINUTE = Duration.minutes(1)
ALMOST = 0.8
"""Of the daily quota: time to ask AWS for more."""
SHARE = "#ff7f0e"


def rows(watched: Watched) -> Iterator[Row]:
    """Yield the rate, the quota, and what had to wait for them."""
    yield heading("## Against SES's limits · as configured in `[aws]`; `aws sesv2 get-account` knows them")
    yield [_rate(watched), _quota(watched), _put_back(watched)]


def _rate(watched: Watched) -> cloudwatch.IWidget:
    sent = {
        f"sent{number}": our_metric(watched.stage, Metric.SENT, stream.name, MINUTE)
        for number, stream in enumerate(watched.streams)
    }
    limit = watched.configuration.aws.ses_rate_per_second
    share = watched.configuration.account_share
    lines = [] if limit is None else [threshold(limit, f"SES takes {limit:g}/s")]
    if limit is not None and share < 1:
        lines.append(
            cloudwatch.HorizontalAnnotation(
                value=limit * share, label=f"this stage's share: {limit * share:g}/s", color=SHARE
            )
        )
    return graph(
        "Mails a second" + (" (limit unknown: aws.ses_rate_per_second)" if limit is None else ""),
        [
            cloudwatch.MathExpression(
                expression="account / PERIOD(account)",
                using_metrics={"account": ses_metric("Send", MINUTE)},
                label="the whole account",
                color="#7f7f7f",
                period=MINUTE,
            ),
            cloudwatch.MathExpression(
                expression=f"SUM([{','.join(sent)}]) / PERIOD(sent0)",
                using_metrics=sent,
                label=f"{watched.stage.name}",
                color="#1f77b4",
                period=MINUTE,
            ),
        ],
        "mails a second",
        width=10,
        lines=lines,
    )


def _quota(watched: Watched) -> cloudwatch.IWidget:
    quota = watched.configuration.aws.ses_daily_quota
    sent = ses_metric("Send", label="mails of the account")
    if quota is None:
        return cloudwatch.SingleValueWidget(
            title="Mails in the last 24 hours (quota unknown: aws.ses_daily_quota)",
            metrics=[sent],
            start="-PT24H",
            end="P0D",
            set_period_to_time_range=True,
            width=6,
            height=HEIGHT,
        )
    return cloudwatch.GaugeWidget(
        title=f"Mails in the last 24 hours, of {quota:,}",
        metrics=[sent],
        annotations=[
            cloudwatch.HorizontalAnnotation(
                value=quota * ALMOST, label=f"{ALMOST:.0%}: ask AWS for more", color=THRESHOLD
            )
        ],
        left_y_axis=axis("mails", most=quota),
        start="-PT24H",
        end="P0D",
        set_period_to_time_range=True,
        width=6,
        height=HEIGHT,
    )


def _put_back(watched: Watched) -> cloudwatch.IWidget:
    return graph(
        "Put back, to be tried again (rate, pause, permission)",
        [
            our_metric(
                watched.stage,
                Metric.RETRIED,
                stream.name,
                label=stream.name,
                color=watched.color_of(stream.name),
            )
            for stream in watched.streams
        ],
        "messages in 5 minutes",
        width=8,
    )
