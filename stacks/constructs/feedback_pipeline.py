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
        stage, timing = runtime.stage, configuration.timing
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=stage.resource("feedback"),
            master_key=stores.key,
            enforce_ssl=True,
        )
        self.work = WorkQueue(
            self,
            "Work",
            stage=stage,
            name="feedback",
            visibility_seconds=timing.feedback_visibility_seconds,
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
        self.function = MailFunction(
            self,
            "Feedback",
            runtime=runtime,
            verb="feedback",
            name="feedback",
            settings=FeedbackSettings(
                stage=stage.name,
                messages_table=stores.messages.table_name,
                suppressions_table=stores.suppressions.table_name,
                address_secret_arn=stores.address_secret.secret_arn,
                schedule_table=stores.schedule.table_name,
                events_bucket=events.bucket.bucket_name,
                soft_bounces_in_a_row=configuration.soft_bounces.in_a_row,
                soft_bounces_over_days=configuration.soft_bounces.over_days,
            ),
            timeout_seconds=timing.feedback_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
        )
        self.function.add_event_source(
            sources.SqsEventSource(
                self.work.queue,
                batch_size=timing.feedback_batch_size,
                max_batching_window=Duration.seconds(timing.feedback_batching_window_seconds),
                max_concurrency=configuration.feedback_copies,
                report_batch_item_failures=True,
            )
        )
        self.function.add_event_source(
            sources.SqsEventSource(
                events.work.queue,
                batch_size=timing.events_batch_size,
                max_batching_window=Duration.seconds(timing.events_batching_window_seconds),
                max_concurrency=configuration.events_copies,
                report_batch_item_failures=True,
            )
        )
        stores.messages.grant(self.function, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem")
        # An address's latest mails, where one of them bounced softly.
        stores.grant_latest_mails(self.function)
        stores.grant_statements(self.function, "dynamodb:PartiQLUpdate")
        stores.suppressions.grant(self.function, "dynamodb:Query", "dynamodb:PutItem")
        stores.schedule.grant(self.function, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        stores.grant_address_secret(self.function)
        events.grant_read(self.function.role_of_its_own)
        CfnOutput(Stack.of(self), "FeedbackQueueUrl", value=self.work.queue.queue_url)
        CfnOutput(Stack.of(self), "FeedbackDeadLetterQueueUrl", value=self.work.dead_letters.queue_url)
