"""Who is told when something is wrong, and the one way to make an alarm."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
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
        self._watch_reputation("Account", None)

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

    def watch_stream_reputation(self, name: str, configuration_set: str) -> None:
        """Ring when the mail of one configuration set bounces or is complained of too often."""
        self._watch_reputation(name, configuration_set)

    def _watch_reputation(self, name: str, configuration_set: str | None) -> None:
        for rate, threshold in (("BounceRate", BOUNCE_RATE), ("ComplaintRate", COMPLAINT_RATE)):
            self.ring(
                f"{name}{rate}",
                f"SES puts an account under review at this rate ({threshold:.1%}), and pauses it soon after. "
                "Find what was mailed to whom, and stop it before SES stops everything.",
                cloudwatch.Metric(
                    namespace="AWS/SES",
                    metric_name=f"Reputation.{rate}",
                    dimensions_map={"ses:configuration-set": configuration_set}
                    if configuration_set
                    else None,
                    statistic=cloudwatch.Stats.AVERAGE,
                    period=Duration.hours(1),
                ),
                threshold=threshold,
            )

    def _our_metric(self, metric: Metric, stream: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric.value,
            dimensions_map={Dimension.STAGE.value: self._stage.name, Dimension.STREAM.value: stream},
            statistic=cloudwatch.Stats.SUM,
            period=FIVE_MINUTES,
        )
