"""What contacts did, and walks that are due: their queue, the bus's rule, and the function `journeys`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from postroad.contract.event import EVENT_DETAIL_TYPE
from postroad.journeys.following import rules_of
from postroad.journeys.plan import read_plans
from postroad.journeys.settings import COMPILED_JOURNEYS, JourneysSettings, written_hours
from postroad.observability import Metric
from postroad.schedule.walks import WALKS
from stacks.constructs.alarms import Alarms
from stacks.constructs.contact_dates import ContactDates
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.metrics import our_metric
from stacks.constructs.result_bus import ResultBus
from stacks.constructs.send_pipeline import SendPipeline
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import (
    JOURNEYS_DEAD_LETTERS,
    JOURNEYS_LATE,
    OVERDUE_MINUTES,
    WALKS_LATE,
    WALKS_OVERLOOKED,
)
from stacks.constructs.work_queue import WorkQueue

if TYPE_CHECKING:
    from postroad.configuration import Configuration

JOURNEYS = "journeys"
# Walks wait for DynamoDB and not for the processor, but what they say is compiled when a copy starts.
MEMORY_MEBIBYTES = 1024
THREADS = 10
"""Contacts of a batch that are worked on at once."""


class JourneysPipeline(Construct):
    """SQS, bus → journeys → the streams' queues. Dispatch puts walks that are due onto the same queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        streams: Sequence[SendPipeline],
        bus: ResultBus,
        alarms: Alarms,
        plans: bytes,
    ) -> None:
        """Make the queue and its function, which enqueues to all `streams`; `plans` are its journeys."""
        super().__init__(scope, construct_id)
        self._stage, self._stores, self._configuration = runtime.stage, stores, configuration
        timing = configuration.timing
        self.work = WorkQueue(
            self,
            "Work",
            stage=self._stage,
            name=JOURNEYS,
            visibility_seconds=timing.journeys_visibility_seconds,
            retention=configuration.retention,
            key=stores.key,
            alarms=alarms,
            late=JOURNEYS_LATE,
            dead=JOURNEYS_DEAD_LETTERS,
        )
        self.function = MailFunction(
            self,
            "Journeys",
            runtime=runtime,
            verb=JOURNEYS,
            name=JOURNEYS,
            settings=self._settings(streams, bus),
            timeout_seconds=timing.journeys_timeout_seconds,
            memory_mebibytes=MEMORY_MEBIBYTES,
            alarms=alarms,
            files={COMPILED_JOURNEYS: plans},
        )
        self.function.add_event_source(
            sources.SqsEventSource(
                self.work.queue,
                batch_size=timing.journeys_batch_size,
                max_batching_window=Duration.seconds(timing.journeys_batching_window_seconds),
                max_concurrency=configuration.journeys_copies,
                report_batch_item_failures=True,
            )
        )
        self._listen(bus)
        self._grant(streams)
        bus.grant_put_events_to(self.function)
        if rules_of(read_plans(plans)):
            ContactDates(
                self,
                "Dates",
                stage=self._stage,
                function=self.function,
                dead_letters=self.work.dead_letters,
                stores=stores,
                alarms=alarms,
            )
        self._watch(alarms)
        CfnOutput(Stack.of(self), "JourneysQueueUrl", value=self.work.queue.queue_url)
        CfnOutput(Stack.of(self), "JourneysDeadLetterQueueUrl", value=self.work.dead_letters.queue_url)

    def _settings(self, streams: Sequence[SendPipeline], bus: ResultBus) -> JourneysSettings:
        stores, configured = self._stores, self._configuration
        return JourneysSettings(
            stage=self._stage.name,
            journeys_table=stores.journeys.table_name,
            contacts_table=stores.contacts.table_name,
            suppressions_table=stores.suppressions.table_name,
            messages_table=stores.messages.table_name,
            schedule_table=stores.schedule.table_name,
            address_secret_arn=stores.address_secret.secret_arn,
            dead_letter_queue_url=self.work.dead_letters.queue_url,
            result_bus=bus.event_bus_name,
            streams={
                stream.name: (stream.work.queue.queue_url, configured.streams[stream.name].kind.value)
                for stream in streams
            },
            hours={
                name: written_hours(stream.hours.planned)
                for name, stream in configured.streams.items()
                if stream.hours
            },
            home_time_zone=configured.journeys.time_zone,
            home_country=configured.journeys.country or "",
            schedule_lead_seconds=configured.timing.schedule_lead_seconds,
            threads=THREADS,
        )

    def _listen(self, bus: ResultBus) -> None:
        """Take events of contacts from the bus. What journeys tell it is of another type."""
        rule = events.Rule(
            self,
            "Events",
            rule_name=self._stage.resource(JOURNEYS),
            description=f"Postroad {self._stage.name}: events of contacts, for journeys.",
            event_bus=bus,
            event_pattern=events.EventPattern(detail_type=[EVENT_DETAIL_TYPE]),
        )
        rule.add_target(targets.SqsQueue(self.work.queue, dead_letter_queue=self.work.dead_letters))

    def _grant(self, streams: Sequence[SendPipeline]) -> None:
        function, stores = self.function, self._stores
        stores.journeys.grant(
            function,
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        )
        # Transactions ask for the actions of their parts.
        stores.contacts.grant(
            function,
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        )
        stores.suppressions.grant(function, "dynamodb:BatchGetItem")
        stores.messages.grant(function, "dynamodb:BatchGetItem")
        stores.schedule.grant(function, "dynamodb:PutItem")
        stores.grant_address_secret(function)
        # The emulated cloud judges a batch by an action that AWS does not have.
        emulated = ["sqs:SendMessageBatch"] if self._stage.is_local else []
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage", *emulated],
                resources=[
                    *(stream.work.queue.queue_arn for stream in streams),
                    self.work.dead_letters.queue_arn,
                ],
            )
        )

    def _watch(self, alarms: Alarms) -> None:
        alarms.ring(
            WALKS_LATE,
            JOURNEYS,
            our_metric(self._stage, Metric.OLDEST_DUE_SECONDS, WALKS),
            threshold=Duration.minutes(OVERDUE_MINUTES).to_seconds(),
        )
        alarms.ring(WALKS_OVERLOOKED, JOURNEYS, our_metric(self._stage, Metric.AUDITED, WALKS), threshold=1)
