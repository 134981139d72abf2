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

from postroad.names import pascal
from postroad.observability import Metric
from stacks.constructs.metrics import FIVE_MINUTES, our_metric, ses_metric
from stacks.constructs.troubles import (
    ACCOUNT,
    BOUNCE_RATE,
    COMPLAINT_RATE,
    FUNCTION_ERRORS,
    FUNCTION_THROTTLES,
    HIGH_BOUNCE_RATE,
    HIGH_COMPLAINT_RATE,
    LEAST_BOUNCES,
    LEAST_COMPLAINTS,
    Trouble,
)
from stacks.stage import Stage

DAY = Duration.days(1)


class Alarms(Construct):
    """A topic with the configured address, and alarms that ring on it. One line adds one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        email: str | None,
        runbooks: str,
        key: kms.IKey | None,
    ) -> None:
        """Make the topic and the alarms of the SES account's reputation; texts lead to `runbooks`."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self._runbooks = runbooks
        self.of: dict[str, list[cloudwatch.Alarm]] = {}
        """The alarms by whose they are: a stream, a function, `feedback`, `outcomes`, `account`."""
        self.watched_metrics = 0
        """How many metrics the alarms look at, each of which AWS bills."""
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=stage.resource("alarms"),
            display_name=f"Postroad {stage.name}",  # the sender's name in its mails
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
        self._watch_reputation(
            ACCOUNT, None, bounces=ses_metric("Bounce", DAY), complaints=ses_metric("Complaint", DAY)
        )

    def ring(
        self,
        trouble: Trouble,
        part: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int = 1,
        of_which: int | None = None,
        silence: bool = False,
    ) -> None:
        """Ring once `metric` has reached `threshold` in `of_which` (all) of `periods`.

        No data is no alarm: SQS, Lambda and our own counts are silent where nothing happens. With `silence`
        it is the other way round: the alarm rings when `metric` stays below `threshold`, or says nothing.
        """
        construct_id = pascal(f"{part}-{trouble.word}")
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=self._stage.resource(part, trouble.word),
            alarm_description=trouble.text(part=part, stage=self._stage, runbooks=self._runbooks),
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=of_which,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
            if silence
            else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING
            if silence
            else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        self.of.setdefault(part, []).append(alarm)
        self.watched_metrics += 1

    def watch_function(self, name: str, function: lambda_.IFunction) -> None:
        """Ring on errors and throttles of a function that don't end by themselves."""
        self.ring(
            FUNCTION_ERRORS,
            name,
            function.metric_errors(period=FIVE_MINUTES),
            threshold=1,
            # One crash heals itself: SQS brings the batch again after six timeouts, 6 minutes as a rule.
            periods=3,
            of_which=2,
        )
        self.ring(
            FUNCTION_THROTTLES, name, function.metric_throttles(period=FIVE_MINUTES), threshold=1, periods=3
        )

    def watch_count(self, trouble: Trouble, stream: str, metric: Metric) -> None:
        """Ring when a function counted `metric` for `stream` at least once."""
        self.ring(trouble, stream, our_metric(self._stage, metric, stream), threshold=1)

    def watch_age(self, trouble: Trouble, stream: str, metric: Metric, *, minutes: int) -> None:
        """Ring when the age that a function wrote as `metric` for `stream` reached so many minutes."""
        self.ring(
            trouble,
            stream,
            our_metric(self._stage, metric, stream),
            threshold=Duration.minutes(minutes).to_seconds(),
        )

    def watch_stream_reputation(self, stream: str, configuration_set: str) -> None:
        """Ring when the mail of a stream bounces or is complained of too often."""
        self._watch_reputation(
            stream,
            configuration_set,
            bounces=our_metric(self._stage, Metric.HARD_BOUNCES, stream, DAY),
            complaints=our_metric(self._stage, Metric.COMPLAINTS, stream, DAY),
        )

    def _watch_reputation(
        self,
        part: str,
        configuration_set: str | None,
        *,
        bounces: cloudwatch.Metric,
        complaints: cloudwatch.Metric,
    ) -> None:
        for trouble, rate, threshold, count, least in (
            (HIGH_BOUNCE_RATE, "BounceRate", BOUNCE_RATE, bounces, LEAST_BOUNCES),
            (HIGH_COMPLAINT_RATE, "ComplaintRate", COMPLAINT_RATE, complaints, LEAST_COMPLAINTS),
        ):
            of_ses = ses_metric(
                f"Reputation.{rate}",
                DAY,
                configuration_set=configuration_set,
                statistic=cloudwatch.Stats.MAXIMUM,
            )
            # The emulated cloud knows no alarms with metric math.
            enough = (
                of_ses
                if self._stage.is_local
                else cloudwatch.MathExpression(
                    # SES's own rate, which is what it reviews by, and only where it is more than a few mails.
                    expression=f"IF(FILL(count, 0) >= {least}, rate, 0)",
                    using_metrics={"rate": of_ses, "count": count},
                    label=f"{rate} of SES, with {least} or more within the day",
                    period=DAY,
                )
            )
            self.ring(trouble, part, enough, threshold=threshold)
            self.watched_metrics += 1  # it looks at two
