"""A stream: its queue, its SES configuration set, its function, and who may enqueue."""

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from postroad.bodies.dynamodb import PREFIX as BODIES
from postroad.contract.rules import own_prefix
from postroad.contract.words import StreamKind
from postroad.journeys.settings import COMPILED_JOURNEYS, written_hours
from postroad.names import pascal
from postroad.observability import Metric
from postroad.sending.settings import SendSettings
from stacks.constructs.alarms import Alarms
from stacks.constructs.attachments import s3_arn
from stacks.constructs.enqueueing import Enqueueing
from stacks.constructs.events_pipeline import EventsPipeline
from stacks.constructs.mail_function import FunctionRuntime, MailFunction
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import (
    AUDIT_FOUND,
    BODIES_LOST,
    DISPATCH_LATE,
    DUPLICATES,
    EVIDENCE_STALE,
    HELD,
    OVERDUE_MINUTES,
    STALE_MINUTES,
    STREAM_DEAD_LETTERS,
    STREAM_LATE,
    STREAM_STOPPED,
    UNKNOWN_OUTCOMES,
)
from stacks.constructs.work_queue import WorkQueue
from stacks.nag import acknowledge, acknowledge_objects

if TYPE_CHECKING:
    from postroad.configuration import Configuration, Stream

DISPATCH = "dispatch"
"""The function that send wakes when it stops its stream: a name alone, for dispatch knows send's."""

# SES checks SendRawEmail too, for a SendEmail whose content it turns into a MIME message (attachments).
SEND_ACTIONS = ("ses:SendEmail", "ses:SendRawEmail")

# What must be known within seconds; the bulk path brings everything else for less, and these once more.
SOON = (
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.DELIVERY_DELAY,
)


class SendPipeline(Construct):
    """Everything that one stream has to itself, so that streams can't hold each other up."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        name: str,
        runtime: FunctionRuntime,
        stores: Stores,
        feedback: sns.ITopic,
        events: EventsPipeline,
        alarms: Alarms,
        plans: bytes,
        web_url: str = "",
    ) -> None:
        """Make the stream `name` of `configuration`; SES reports to the topic `feedback` and to `events`.

        `plans` are the stage's journeys: those of them whose mail has to wait say when it may leave.
        `web_url` is where the pages are by which recipients leave.
        """
        super().__init__(scope, construct_id)
        self.name = name
        self._stream: Stream = configuration.streams[name]
        # copies × batch ÷ the stream's share of the rate ≤ 30 s: configuration/sizing.py has the arithmetic.
        self.sizing = configuration.sizing()[name]
        self._configuration = configuration
        self._stage = runtime.stage
        self._stores = stores
        self._web_url = web_url if self._stream.unsubscribable else ""
        timing = configuration.timing
        self.work = WorkQueue(
            self,
            "Work",
            stage=self._stage,
            name=name,
            visibility_seconds=timing.send_visibility_seconds(self.sizing.batching_window_seconds),
            retention=configuration.retention,
            key=stores.key,
            alarms=alarms,
            late=STREAM_LATE,
            dead=STREAM_DEAD_LETTERS,
        )
        self.configuration_set = self._make_configuration_set(feedback, events)
        self.function = MailFunction(
            self,
            "Send",
            runtime=runtime,
            verb="send",
            name=f"send-{name}",
            settings=self._settings(),
            timeout_seconds=timing.send_timeout_seconds,
            memory_mebibytes=self.sizing.memory_mebibytes,
            alarms=alarms,
            environment={"AWS_ENDPOINT_URL_SESV2": self._stage.simulator} if self._stage.simulator else None,
            files={COMPILED_JOURNEYS: plans},
        )
        self.source = sources.SqsEventSource(
            self.work.queue,
            batch_size=self.sizing.batch_size,
            max_batching_window=Duration.seconds(self.sizing.batching_window_seconds),
            max_concurrency=self.sizing.maximum_concurrency,
            report_batch_item_failures=True,
        )
        self.function.add_event_source(self.source)
        self._grant_send()
        self._grant_stores()
        enqueueing = Enqueueing(
            self,
            "Enqueueing",
            stage=self._stage,
            stream=name,
            queue=self.work.queue,
            stores=stores,
            accounts=configuration.producers_of(name),
        )
        alarms.watch_stream_reputation(name, self.configuration_set.configuration_set_name)
        self._watch(alarms)
        self._say(enqueueing.policy)

    def _make_configuration_set(self, feedback: sns.ITopic, events: EventsPipeline) -> ses.ConfigurationSet:
        stream = self._stream
        configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=self._stage.resource(self.name),
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE
            if stream.tls == "require"
            else ses.ConfigurationSetTlsPolicy.OPTIONAL,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            max_delivery_duration=Duration.seconds(stream.longest_delivery_seconds),
            custom_tracking_redirect_domain=stream.tracking_domain,
            custom_tracking_https_policy=ses.HttpsPolicy.REQUIRE if stream.tracking_domain else None,
        )
        tracked = [
            *([ses.EmailSendingEvent.OPEN] if stream.open_tracking else []),
            *([ses.EmailSendingEvent.CLICK] if stream.click_tracking else []),
        ]
        configuration_set.add_event_destination(
            "Feedback",
            configuration_set_event_destination_name="feedback",
            destination=ses.EventDestination.sns_topic(feedback),
            events=[*SOON, *([ses.EmailSendingEvent.SEND] if stream.evidence == "fast" else [])],
        )
        events.collect_from(configuration_set, tracked)
        return configuration_set

    def _watch(self, alarms: Alarms) -> None:
        counted = {
            Metric.UNKNOWN_OUTCOMES: UNKNOWN_OUTCOMES,
            Metric.DUPLICATES: DUPLICATES,
            Metric.BODIES_LOST: BODIES_LOST,
            Metric.STREAM_STOPPED: STREAM_STOPPED,
            Metric.AUDITED: AUDIT_FOUND,
        }
        if self._configuration.recipients.allow == ("*",):
            # Elsewhere mail is held as a matter of course: all that is for somebody who isn't allowed.
            counted[Metric.HELD] = HELD
        for metric, trouble in counted.items():
            alarms.watch_count(trouble, self.name, metric)
        alarms.watch_age(EVIDENCE_STALE, self.name, Metric.WATERMARK_SECONDS, minutes=STALE_MINUTES)
        alarms.watch_age(DISPATCH_LATE, self.name, Metric.OLDEST_DUE_SECONDS, minutes=OVERDUE_MINUTES)

    def _settings(self) -> SendSettings:
        stream, configuration, stage = self._stream, self._configuration, self._stage
        recipients, timing = configuration.recipients, configuration.timing
        return SendSettings(
            stage=stage.name,
            stream=self.name,
            kind=stream.kind.value,
            from_address=stream.sender,
            reply_to=stream.reply_to or "",
            configuration_set=self.configuration_set.configuration_set_name,
            topic_required=stream.unsubscribable,
            messages_table=self._stores.messages.table_name,
            bodies_table=self._stores.bodies.table_name,
            suppressions_table=self._stores.suppressions.table_name,
            attachments_bucket=self._stores.attachments.bucket_name,
            address_secret_arn=self._stores.address_secret.secret_arn,
            queue_url=self.work.queue.queue_url,
            dead_letter_queue_url=self.work.dead_letters.queue_url,
            attachment_buckets=configuration.attachments.buckets,
            attachment_max_bytes=configuration.attachments.max_bytes,
            allow=recipients.allow,
            redirect_to=(recipients.redirect_to or "") if recipients.otherwise == "redirect" else "",
            lease_seconds=timing.lease_seconds,
            ses_connect_timeout_seconds=timing.ses_connect_timeout_seconds,
            ses_read_timeout_seconds=timing.ses_read_timeout_seconds,
            threads=self.sizing.threads,
            attempts_max=timing.attempts_max,
            retention_days=configuration.retention.messages_days,
            retention_days_of=configuration.retention.days_by_status(),
            body_retention_days=configuration.retention.bodies_days,
            retry_after_seconds=timing.retry_after_seconds,
            schedule_table=self._stores.schedule.table_name,
            dispatch_function=self._stage.resource(DISPATCH),
            unknown_outcome=stream.unknown_outcome,
            evidence_seconds=timing.evidence_seconds,
            evidence_after_crash_seconds=timing.evidence_after_crash_seconds,
            schedule_lead_seconds=timing.schedule_lead_seconds,
            ses_rate_per_second=configuration.aws.ses_rate_per_second or 0.0,
            account_share=configuration.account_share,
            transactional_share=configuration.governor.transactional_share,
            web_url=self._web_url,
            token_keys_arn=self._stores.token_keys.secret_arn if self._web_url else "",
            unsubscribe_mailbox=stream.unsubscribe_mailbox or "",
            contacts_table=self._stores.contacts.table_name,
            journeys_table=self._stores.journeys.table_name,
            caps=self._caps,
            hours=written_hours(stream.hours.planned) if stream.hours else "",
            home_time_zone=configuration.journeys.time_zone,
            home_country=configuration.journeys.country or "",
        )

    @property
    def _caps(self) -> dict[str, int]:
        """The caps of this stream's mail, by category and period; transactional mail has none."""
        if self._stream.kind is StreamKind.TRANSACTIONAL:
            return {}
        return {
            f"{category}.{period}": most
            for category, caps in self._configuration.caps.items()
            for period, most in caps.most.items()
        }

    def _grant_send(self) -> None:
        """Let the role send as the stream's From address, by its configuration set, and nothing else."""
        if self._stage.is_local:
            # The emulated cloud authorises sends on `*` alone and knows no ses:FromAddress; the simulator
            # in front of it holds sender and configuration set to what was deployed.
            statement = iam.PolicyStatement(actions=list(SEND_ACTIONS), resources=["*"])
            acknowledge(
                self.function.role_of_its_own,
                "On the local stage alone: the emulated cloud authorises SES sends on no narrower resource.",
                "AwsSolutions-IAM5[Resource::*]",
            )
        else:
            statement = iam.PolicyStatement(
                actions=list(SEND_ACTIONS),
                # Both: a send that names a configuration set is authorised on its ARN too (aws-cdk 34402).
                resources=[
                    self._ses_arn("identity", self._stream.domain),
                    self._ses_arn("configuration-set", self.configuration_set.configuration_set_name),
                ],
                conditions={"StringEquals": {"ses:FromAddress": self._stream.from_address}},
            )
        self.function.add_to_role_policy(statement)

    def _ses_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="ses", resource=resource, resource_name=name)

    def _grant_stores(self) -> None:
        function, stores = self.function, self._stores
        stores.messages.grant(function, "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem")
        stores.grant_statements(function, "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")
        stores.bodies.grant(function, "dynamodb:PutItem", "dynamodb:DeleteItem")
        stores.schedule.grant(function, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        stores.suppressions.grant(function, "dynamodb:BatchGetItem")
        # Mail of journeys that waited is looked at again, and what is capped is counted; where either has to
        # wait, its recipient's profile says on whose clock, and whose holidays there are.
        stores.journeys.grant(function, "dynamodb:Query")
        counts = ("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate") if self._caps else ()
        stores.contacts.grant(function, "dynamodb:BatchGetItem", *counts)
        stores.grant_address_secret(function)
        if self._web_url:
            stores.grant_token_keys(function)
        self.work.dead_letters.grant(function, "sqs:SendMessage")
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[
                    Stack.of(self).format_arn(
                        service="lambda",
                        resource="function",
                        resource_name=self._stage.resource(DISPATCH),
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            )
        )
        if self._stage.is_local:
            # AWS judges a batch by the action on one message, the emulated cloud by an action that AWS lacks.
            self.work.queue.grant(function, "sqs:ChangeMessageVisibilityBatch")
        own = stores.attachments.bucket_name
        # Listed too, it would be readable as a whole.
        others = [bucket for bucket in self._configuration.attachments.buckets if bucket != own]
        attached = [f"{own}/{own_prefix(self.name)}*", *(f"{bucket}/*" for bucket in others)]
        for action, paths in {
            "s3:GetObject": attached,
            "s3:ListBucket": [own, *others],  # without it S3 calls a missing object a forbidden one
            "s3:PutObject": [f"{own}/{BODIES}*"],
        }.items():
            function.add_to_role_policy(
                iam.PolicyStatement(actions=[action], resources=[s3_arn(path) for path in paths])
            )
        acknowledge_objects(function.role_of_its_own, *attached, f"{own}/{BODIES}*")

    def _say(self, enqueue: iam.ManagedPolicy) -> None:
        """Tell applications and operators where things are."""
        for what, value in {
            "QueueUrl": self.work.queue.queue_url,
            "DeadLetterQueueUrl": self.work.dead_letters.queue_url,
            "ConfigurationSet": self.configuration_set.configuration_set_name,
            "EnqueuePolicyArn": enqueue.managed_policy_arn,
            "From": self._stream.sender,
        }.items():
            CfnOutput(Stack.of(self), f"{pascal(self.name)}{what}", value=value)
