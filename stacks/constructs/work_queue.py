"""The one factory of queues: a queue that feeds a function, its dead letters, and their alarms."""

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.alarms import Alarms
from stacks.constructs.metrics import FIVE_MINUTES
from stacks.constructs.troubles import LATE_MINUTES, Trouble
from stacks.nag import acknowledge
from stacks.stage import Stage

if TYPE_CHECKING:
    from postroad.configuration import Retention

# Waiting changes a message's visibility and so counts as a receive; what is poison is our rule, not SQS's.
MAX_RECEIVE_COUNT = 100
LATE = Duration.minutes(LATE_MINUTES)


class DeadLetters(sqs.Queue):
    """Where what can't be done waits for an operator; an alarm rings from the first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        name: str,
        retention_days: int,
        key: kms.IKey | None,
        alarms: Alarms,
        trouble: Trouble,
    ) -> None:
        """Make the queue `postroad-<stage>-<name>-dead-letters`; `trouble` is what its first one means."""
        super().__init__(
            scope,
            construct_id,
            queue_name=stage.resource(name, "dead-letters"),
            retention_period=Duration.days(retention_days),
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
        )
        alarms.ring(
            trouble,
            name,
            self.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
            ),
            threshold=1,
        )
        acknowledge(self, "This queue is itself the place of dead letters.", "AwsSolutions-SQS3")


class WorkQueue(Construct):
    """A queue with dead letters, encrypted, TLS only, with an alarm on its age."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        name: str,
        visibility_seconds: int,
        retention: "Retention",
        key: kms.IKey | None,
        alarms: Alarms,
        late: Trouble,
        dead: Trouble,
    ) -> None:
        """Make `postroad-<stage>-<name>`; a message taken is hidden for `visibility_seconds`."""
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            stage=stage,
            name=name,
            retention_days=retention.dead_letter_days,
            key=key,
            alarms=alarms,
            trouble=dead,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=stage.resource(name),
            visibility_timeout=Duration.seconds(visibility_seconds),
            retention_period=Duration.days(retention.queue_days),
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MAX_RECEIVE_COUNT
            ),
        )
        alarms.ring(
            late,
            name,
            self.queue.metric_approximate_age_of_oldest_message(
                statistic=cloudwatch.Stats.MAXIMUM, period=FIVE_MINUTES
            ),
            threshold=LATE.to_seconds(),
        )
