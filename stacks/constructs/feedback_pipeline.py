"""What SES reports soon: the topic of all configuration sets, its queue, and the function `feedback`."""

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from postroad.feedback.settings import FeedbackSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.events_pipeline import EventsPipeline
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import FEEDBACK_DEAD_LETTERS, FEEDBACK_LATE
from stacks.constructs.work_queue import WorkQueue

if TYPE_CHECKING:
    from postroad.configuration import Configuration

# An object of events holds thousands: it is the processor that counts, and memory buys it.
MEMORY_MEBIBYTES = 1024


class FeedbackPipeline(Construct):
    """SES → SNS → SQS → feedback, which takes the objects of the bulk path as well."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        events: EventsPipeline,
        alarms: Alarms,
    ) -> None:
        """Make the fast path of SES's events, and the function of both."""
        super().__init__(scope, construct_id)
        self._configuration, self._runtime, self._stores = configuration, runtime, stores
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=runtime.stage.resource("feedback"),
            master_key=stores.key,
            enforce_ssl=True,
        )
        self.work = WorkQueue(
            self,
            "Work",
            stage=runtime.stage,
            name="feedback",
            visibility_seconds=configuration.timing.feedback_visibility_seconds,
            retention=configuration.retention,
            key=stores.key,
            alarms=alarms,
            late=FEEDBACK_LATE,
            dead=FEEDBACK_DEAD_LETTERS,
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                self.work.queue,
                raw_message_delivery=True,
                # What SNS can't deliver, it would drop after its retries.
                dead_letter_queue=self.work.dead_letters,
            )
        )
        self.function = self._feedback(events, alarms)
        self._feed(events)
        self._grant(events)
        CfnOutput(Stack.of(self), "FeedbackQueueUrl", value=self.work.queue.queue_url)
        CfnOutput(Stack.of(self), "FeedbackDeadLetterQueueUrl", value=self.work.dead_letters.queue_url)

    def _feedback(self, events: EventsPipeline, alarms: Alarms) -> MailFunction:
        stores, soft_bounces = self._stores, self._configuration.soft_bounces
        kept = self._configuration.retention
        return MailFunction(
            self,
            "Feedback",
            runtime=self._runtime,
            verb="feedback",
            name="feedback",
            settings=FeedbackSettings(
                stage=self._runtime.stage.name,
                messages_table=stores.messages.table_name,
                suppressions_table=stores.suppressions.table_name,
                address_secret_arn=stores.address_secret.secret_arn,
                schedule_table=stores.schedule.table_name,
                events_bucket=events.bucket.bucket_name,
                retention_days=kept.messages_days,
                retention_days_of=kept.days_by_status(),
                soft_bounces_in_a_row=soft_bounces.in_a_row,
                soft_bounces_over_days=soft_bounces.over_days,
            ),
            timeout_seconds=self._configuration.timing.feedback_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )

    def _feed(self, events: EventsPipeline) -> None:
        timing = self._configuration.timing
        ways = (
            (
                self.work,
                timing.feedback_batch_size,
                timing.feedback_batching_window_seconds,
                self._configuration.feedback_copies,
            ),
            (
                events.work,
                timing.events_batch_size,
                timing.events_batching_window_seconds,
                self._configuration.events_copies,
            ),
        )
        for work, batch_size, window_seconds, copies in ways:
            self.function.add_event_source(
                sources.SqsEventSource(
                    work.queue,
                    batch_size=batch_size,
                    max_batching_window=Duration.seconds(window_seconds),
                    max_concurrency=copies,
                    report_batch_item_failures=True,
                )
            )

    def _grant(self, events: EventsPipeline) -> None:
        stores = self._stores
        stores.messages.grant(self.function, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem")
        # An address's latest mails, where one of them bounced softly.
        stores.grant_latest_mails(self.function)
        stores.grant_statements(self.function, "dynamodb:PartiQLUpdate")
        stores.suppressions.grant(self.function, "dynamodb:Query", "dynamodb:PutItem")
        stores.schedule.grant(self.function, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        stores.grant_address_secret(self.function)
        events.grant_read(self.function.role_of_its_own)
