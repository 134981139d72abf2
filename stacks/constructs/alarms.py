"""Who is told when something is wrong, and the one way to make an alarm."""

from collections.abc import Mapping

from aws_cdk import (
    Duration,
    Stack,
    aws_cloudwatch as cloudwatch,
    aws_cloudwatch_actions as actions,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
)
from constructs import Construct

from postroad.observability import NAMESPACE, Dimension, Metric
from stacks.stage import Stage

FIVE_MINUTES = Duration.minutes(5)

# SES reviews an account at these rates, and pauses it soon after.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
BOUNCE_RATE = 0.05
COMPLAINT_RATE = 0.001


class Alarms(Construct):
    """A topic with the configured address, and alarms that ring on it. One line adds one."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, email: str | None, key: kms.IKey | None
    ) -> None:
        """Make the topic and the alarms of the SES account's reputation."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=stage.resource("alarms"),
            master_key=key,
            enforce_ssl=True,
        )
        # A topic with a policy of its own loses the one that lets the account's alarms publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        for name, threshold in (("BounceRate", BOUNCE_RATE), ("ComplaintRate", COMPLAINT_RATE)):
            self.ring(
                name,
                f"SES puts an account under review at this rate ({threshold:.1%}). Find the stream and what "
                "it mailed with `postroad`, and stop it before SES stops the account.",
                self._ses_metric(f"Reputation.{name}"),
                threshold=threshold,
            )

    def ring(
        self,
        construct_id: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        """Ring once `metric` has reached `threshold` for `periods`; no data is no alarm."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=self._stage.resource(construct_id),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm

    def watch_function(self, name: str, function: lambda_.IFunction) -> None:
        """Ring on errors and throttles of a function."""
        self.ring(
            f"{name}Errors",
            "The function ended with an error: its batch is tried again. Read its log group.",
            function.metric_errors(period=FIVE_MINUTES),
            threshold=1,
        )
        self.ring(
            f"{name}Throttles",
            "Lambda refused to start the function: the account's concurrency is used up.",
            function.metric_throttles(period=FIVE_MINUTES),
            threshold=1,
            periods=3,
        )

    def watch_count(self, name: str, description: str, metric: Metric, stream: str) -> None:
        """Ring when a function counted `metric` for `stream` at least once."""
        self.ring(name, description, self._our_metric(metric, stream), threshold=1)

    def _our_metric(self, metric: Metric, stream: str) -> cloudwatch.Metric:
        dimensions: Mapping[str, str] = {
            Dimension.STAGE.value: self._stage.name,
            Dimension.STREAM.value: stream,
        }
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric.value,
            dimensions_map=dimensions,
            statistic=cloudwatch.Stats.SUM,
            period=FIVE_MINUTES,
        )

    def _ses_metric(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name=name,
            statistic=cloudwatch.Stats.AVERAGE,
            period=Duration.hours(1),
        )
