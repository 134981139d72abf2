"""Who works each minute: hands out what is due, keeps streams stopped or running, and tends the evidence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from postroad.bodies.dynamodb import PREFIX as BODIES
from postroad.dispatching.settings import DispatchSettings
from postroad.observability import UNKNOWN_STREAM, Metric
from stacks.constructs.alarms import Alarms
from stacks.constructs.attachments import s3_arn
from stacks.constructs.events_pipeline import EventsPipeline
from stacks.constructs.journeys_pipeline import JourneysPipeline
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.metrics import our_metric
from stacks.constructs.result_bus import ResultBus
from stacks.constructs.send_pipeline import DISPATCH, SendPipeline
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import DISPATCH_NOT_RUN, STRANDED
from stacks.nag import acknowledge, acknowledge_objects

if TYPE_CHECKING:
    from postroad.configuration import Configuration

MEMORY_MEBIBYTES = 1024
MINUTE = Duration.minutes(1)


class DispatchPipeline(Construct):
    """A rule that runs each minute → dispatch → the streams' queues and functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        streams: Sequence[SendPipeline],
        events: EventsPipeline,
        journeys: JourneysPipeline,
        bus: ResultBus,
        alarms: Alarms,
    ) -> None:
        """Make the function of all `streams`, and what starts it."""
        super().__init__(scope, construct_id)
        self._stage, self._stores = runtime.stage, stores
        self.function = MailFunction(
            self,
            "Dispatch",
            runtime=runtime,
            verb=DISPATCH,
            name=DISPATCH,
            settings=DispatchSettings(
                stage=self._stage.name,
                schedule_table=stores.schedule.table_name,
                messages_table=stores.messages.table_name,
                bodies_table=stores.bodies.table_name,
                attachments_bucket=stores.attachments.bucket_name,
                events_bucket=events.bucket.bucket_name,
                events_queue_url=events.work.queue.queue_url,
                result_bus=bus.event_bus_name,
                streams={
                    stream.name: (
                        stream.work.queue.queue_url,
                        stream.source.event_source_mapping_id,
                        stream.function.function_name,
                        configuration.streams[stream.name].kind.value,
                    )
                    for stream in streams
                },
                account_share=configuration.account_share,
                ses_rate_per_second=configuration.aws.ses_rate_per_second or 0.0,
                quota_reserve=configuration.governor.quota_reserve,
                canary_minutes=configuration.timing.canary_minutes,
                journeys_queue_url=journeys.work.queue.queue_url,
                walks_per_second=configuration.walks_per_second,
            ),
            timeout_seconds=configuration.timing.dispatch_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
            environment={"AWS_ENDPOINT_URL_SESV2": self._stage.simulator} if self._stage.simulator else None,
        )
        self._run_each_minute()
        self._grant_streams(streams, journeys.work.queue.queue_arn, events.work.queue.queue_arn)
        self._grant_stores()
        self._grant_account()
        events.grant_list(self.function.role_of_its_own)
        bus.grant_put_events_to(self.function)
        alarms.ring(
            DISPATCH_NOT_RUN,
            DISPATCH,
            our_metric(self._stage, Metric.DISPATCH_RUNS, UNKNOWN_STREAM),
            threshold=1,
            periods=2,
            silence=True,
        )
        alarms.ring(STRANDED, DISPATCH, our_metric(self._stage, Metric.STRANDED, UNKNOWN_STREAM), threshold=1)

    def _run_each_minute(self) -> None:
        """Start dispatch with the minute's own time, and never twice for one minute.

        A rule, not EventBridge Scheduler: the emulated cloud's Scheduler does not fill in
        `<aws.scheduler.scheduled-time>`, and so both stages are alike.
        """
        rule = events.Rule(
            self,
            "EachMinute",
            rule_name=self._stage.resource(DISPATCH),
            description=f"Postroad {self._stage.name}: dispatch, each minute.",
            schedule=events.Schedule.rate(MINUTE),
        )
        rule.add_target(
            targets.LambdaFunction(
                self.function,
                event=events.RuleTargetInput.from_object({"time": events.EventField.time}),
                # The next minute does what this one could not.
                retry_attempts=0,
                max_event_age=MINUTE,
            )
        )
        # Of EventBridge's own and of send's, which is asynchronous too.
        self.function.configure_async_invoke(retry_attempts=0, max_event_age=MINUTE)

    def _grant_streams(self, streams: Sequence[SendPipeline], journeys_queue: str, events_queue: str) -> None:
        """Let it stop and start the streams' event sources, send canaries by them, and fill the queues."""
        stack = Stack.of(self)
        mappings = [
            stack.format_arn(
                service="lambda",
                resource="event-source-mapping",
                resource_name=stream.source.event_source_mapping_id,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for stream in streams
        ]
        queues = [*(stream.work.queue.queue_arn for stream in streams), journeys_queue]
        # The emulated cloud judges a batch by an action that AWS does not have.
        emulated = ["sqs:SendMessageBatch"] if self._stage.is_local else []
        # It takes reading one mapping for listing them.
        read = ["lambda:ListEventSourceMappings"] if self._stage.is_local else []
        for actions, resources in (
            (["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", *read], mappings),
            (["lambda:InvokeFunction"], [stream.function.function_arn for stream in streams]),
            (["sqs:GetQueueAttributes"], queues),
            (["sqs:SendMessage", *emulated], [*queues, events_queue]),
        ):
            self.function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def _grant_stores(self) -> None:
        function, stores = self.function, self._stores
        stores.schedule.grant(
            function,
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:BatchWriteItem",
        )
        # Of a message whose body is gone the row becomes held.
        stores.messages.grant(function, "dynamodb:GetItem", "dynamodb:PutItem")
        stores.bodies.grant(function, "dynamodb:BatchGetItem")
        bodies = f"{stores.attachments.bucket_name}/{BODIES}*"
        for action, path in {
            "s3:GetObject": bodies,
            "s3:ListBucket": stores.attachments.bucket_name,  # else a missing object is a forbidden one
        }.items():
            function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[s3_arn(path)]))
        acknowledge_objects(function.role_of_its_own, bodies)

    def _grant_account(self) -> None:
        """Let it ask SES for quota and rate, which belong to no resource."""
        self.function.add_to_role_policy(iam.PolicyStatement(actions=["ses:GetAccount"], resources=["*"]))
        acknowledge(
            self.function.role_of_its_own,
            "ses:GetAccount is about the account; it knows no resource.",
            "AwsSolutions-IAM5[Resource::*]",
        )
