"""The bucket of SES's raw events, and who is told of each new object."""

from typing import cast

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from postroad.evidence.object_keys import PREFIX
from stacks.nag import acknowledge

EVENTS = PREFIX
"""Objects of events, below it by the hour of arrival: `events/2026/11/22/14/…`."""
ERRORS = "errors/"
"""What Firehose itself could not write among the events."""
KEPT_DAYS = 30


class EventsBucket(s3.Bucket):
    """Raw events, for a month: addresses are in them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey | None, queue: sqs.Queue
    ) -> None:
        """Make the bucket, and have S3 tell `queue` of each object below `EVENTS`."""
        super().__init__(
            scope,
            construct_id,
            # No name of its own: the stack can be deleted and made again, and the old bucket empties itself.
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # Retained although everything in `mail` can be made again: CloudFormation deletes no bucket with
            # objects in it, and until they expire they are what a replay would need.
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id=prefix.rstrip("/"),
                    prefix=prefix,
                    expiration=Duration.days(KEPT_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
                for prefix in (EVENTS, ERRORS)
            ],
        )
        self._tell(queue)
        acknowledge(
            self,
            "Access logs would need a second bucket that keeps who read the events for longer than they "
            "live; CloudTrail data events do this where a team wants it.",
            "AwsSolutions-S1",
        )

    def _tell(self, queue: sqs.Queue) -> None:
        """Notify by the bucket's own property: CDK's `add_event_notification` would deploy a function for it.

        S3 tries the queue when the bucket is made, so the queue's policy stands before it and can't name it;
        it names the account, and buckets that begin as ours do.
        """
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventsArrive",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::postroad-*"},
                },
            )
        )
        bucket = cast("s3.CfnBucket", self.node.default_child)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=EVENTS)]
                        )
                    ),
                )
            ]
        )
        bucket.node.add_dependency(queue.node.find_child("Policy"))
