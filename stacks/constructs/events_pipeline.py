"""Every event of SES, thousands at a time: Firehose, the bucket, and the queue of its objects."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aws_cdk import CfnElement, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ses as ses
from constructs import Construct

from stacks.constructs.alarms import Alarms
from stacks.constructs.events_bucket import ERRORS, EVENTS, EventsBucket
from stacks.constructs.mail_function import FunctionRuntime
from stacks.constructs.metrics import FIVE_MINUTES
from stacks.constructs.stores import Stores
from stacks.constructs.troubles import EVENTS_DEAD_LETTERS, EVENTS_LATE, EVENTS_NOT_DELIVERED
from stacks.constructs.work_queue import LATE, WorkQueue
from stacks.nag import acknowledge

if TYPE_CHECKING:
    from postroad.configuration import Configuration

BUFFER_MEBIBYTES = 5
LOG_STREAM = "delivery"
# What Firehose asks of a bucket that it writes to, and of its key.
# https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
ON_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
ON_OBJECTS = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")
ON_KEY = ("kms:Decrypt", "kms:GenerateDataKey")

ALL = (
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.DELIVERY_DELAY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
)
"""Open and Click join them where a stream tracks: SES tracks whatever a destination asks for."""


class EventsPipeline(Construct):
    """SES → Firehose → S3 → SQS; the function `feedback` takes the objects from there."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: "Configuration",
        runtime: FunctionRuntime,
        stores: Stores,
        alarms: Alarms,
    ) -> None:
        """Make the bulk path of SES's events."""
        super().__init__(scope, construct_id)
        self._stage, self._stores = runtime.stage, stores
        self._stream_name = self._stage.resource("events")
        self.work = WorkQueue(
            self,
            "Work",
            stage=self._stage,
            name="events",
            visibility_seconds=configuration.timing.events_visibility_seconds,
            retention=configuration.retention,
            key=stores.key,
            alarms=alarms,
            late=EVENTS_LATE,
            dead=EVENTS_DEAD_LETTERS,
        )
        self.bucket = EventsBucket(self, "Bucket", key=stores.key, queue=self.work.queue)
        self.publisher = self._let_ses_publish()
        stream = self._collect(configuration.timing.events_buffer_seconds, runtime.log_days)
        # SES tries its role when it gets its destination: made well before, it is known everywhere by then.
        stream.node.add_dependency(self.publisher)
        self.delivery_stream = firehose.DeliveryStream.from_delivery_stream_arn(
            self, "DeliveryStream", stream.attr_arn
        )
        self.freshness = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": self._stream_name},
            statistic=cloudwatch.Stats.MAXIMUM,
            period=FIVE_MINUTES,
        )
        """How old the oldest event is that Firehose has not written yet, in seconds."""
        self.records = cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="IncomingRecords",
            dimensions_map={"DeliveryStreamName": self._stream_name},
            statistic=cloudwatch.Stats.SUM,
            period=FIVE_MINUTES,
        )
        alarms.ring(
            EVENTS_NOT_DELIVERED,
            "events",
            self.freshness,
            # What Firehose collects on purpose is no trouble.
            threshold=LATE.to_seconds() + configuration.timing.events_buffer_seconds,
        )
        CfnOutput(Stack.of(self), "EventsBucket", value=self.bucket.bucket_name)
        CfnOutput(Stack.of(self), "EventsQueueUrl", value=self.work.queue.queue_url)
        CfnOutput(Stack.of(self), "EventsDeadLetterQueueUrl", value=self.work.dead_letters.queue_url)

    def collect_from(
        self, configuration_set: ses.ConfigurationSet, tracked: Sequence[ses.EmailSendingEvent]
    ) -> None:
        """Have SES report everything that becomes of the mail of a configuration set."""
        configuration_set.add_event_destination(
            "Events",
            configuration_set_event_destination_name="events",
            destination=ses.EventDestination.firehose_delivery_stream(
                delivery_stream=self.delivery_stream, role=self.publisher
            ),
            events=[*ALL, *tracked],
        )

    def grant_list(self, role: iam.Role) -> None:
        """Let a role list the objects of events."""
        role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]))

    def grant_read(self, role: iam.Role) -> None:
        """Let a role list the objects of events and read them."""
        self.grant_list(role)
        objects = f"{EVENTS}*"
        role.add_to_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects(objects)])
        )
        self._acknowledge_objects(role, objects)

    def _acknowledge_objects(self, role: iam.Role, *paths: str) -> None:
        bucket = Stack.of(self).get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        acknowledge(
            role,
            "Firehose names the objects; the grant ends at their prefix.",
            *(f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{path}]" for path in paths),
        )

    def _let_ses_publish(self) -> iam.Role:
        """Make the role that SES assumes, for this stage's configuration sets alone."""
        stack = Stack.of(self)
        return iam.Role(
            self,
            "Publisher",
            description=f"SES writes the events of Postroad {self._stage.name} to Firehose.",
            assumed_by=iam.ServicePrincipal(
                "ses.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    # A stage's name holds no hyphen, so that no other stage's sets begin like these.
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(
                            service="ses",
                            resource="configuration-set",
                            resource_name=self._stage.resource("*"),
                        )
                    },
                },
            ),
            inline_policies={
                "publish": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["firehose:PutRecordBatch"],
                            resources=[
                                stack.format_arn(
                                    service="firehose",
                                    resource="deliverystream",
                                    resource_name=self._stream_name,
                                )
                            ],
                        )
                    ]
                )
            },
        )

    def _collect(self, seconds: int, log_days: int) -> firehose.CfnDeliveryStream:
        """Make the delivery stream; CDK's own construct would grant its role s3:* by wildcards.

        Events need no delimiter of ours: SES ends each record with a newline.
        https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
        """
        log_group = logs.CfnLogGroup(
            self,
            "Log",
            log_group_name=f"/aws/kinesisfirehose/{self._stream_name}",
            retention_in_days=log_days,
        )
        log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        log_stream = logs.CfnLogStream(
            self, "LogStream", log_group_name=log_group.ref, log_stream_name=LOG_STREAM
        )
        key = self._stores.key
        role = self._let_firehose_write(log_group)
        stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=self._stream_name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="CUSTOMER_MANAGED_CMK" if key else "AWS_OWNED_CMK",
                    key_arn=key.key_arn if key else None,
                )
            ),
            extended_s3_destination_configuration=(
                firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=self.bucket.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=f"{EVENTS}!{{timestamp:yyyy/MM/dd/HH}}/",
                    error_output_prefix=f"{ERRORS}!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd/HH}}/",
                    compression_format="GZIP",
                    buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                        interval_in_seconds=seconds, size_in_m_bs=BUFFER_MEBIBYTES
                    ),
                    cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                        enabled=True, log_group_name=log_group.ref, log_stream_name=LOG_STREAM
                    ),
                )
            ),
        )
        stream.node.add_dependency(role, log_stream)
        return stream

    def _let_firehose_write(self, log_group: logs.CfnLogGroup) -> iam.Role:
        stack = Stack.of(self)
        objects = [f"{EVENTS}*", f"{ERRORS}*"]
        log_arn = stack.format_arn(
            service="logs",
            resource=f"log-group:/aws/kinesisfirehose/{self._stream_name}:log-stream:{LOG_STREAM}",
        )
        statements = [
            iam.PolicyStatement(actions=list(ON_BUCKET), resources=[self.bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=list(ON_OBJECTS), resources=[self.bucket.arn_for_objects(path) for path in objects]
            ),
            iam.PolicyStatement(actions=["logs:PutLogEvents"], resources=[log_arn]),
        ]
        if self._stores.key:
            statements.append(iam.PolicyStatement(actions=list(ON_KEY), resources=[self._stores.key.key_arn]))
        role = iam.Role(
            self,
            "Writer",
            description=f"Firehose writes the events of Postroad {self._stage.name} to their bucket.",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            ),
            inline_policies={"write": iam.PolicyDocument(statements=statements)},
        )
        role.node.add_dependency(log_group)
        self._acknowledge_objects(role, *objects)
        return role
