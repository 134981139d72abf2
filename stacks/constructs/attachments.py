"""The bucket of attachments, and of bodies that are too large for the table."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from postroad.bodies.dynamodb import KEPT_DAYS, folder_of
from postroad.contract.rules import own_prefix
from stacks.constructs.logical_id import pin_logical_id
from stacks.nag import acknowledge
from stacks.stage import Stage


class AttachmentsBucket(s3.Bucket):
    """`attachments/<stream>/…`, written by producers and read by that stream; `bodies/…`, ours alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: kms.IKey | None,
        streams: Sequence[str],
        producers: Mapping[str, Sequence[str]],
        attachments_days: int,
    ) -> None:
        """Make the bucket; `producers` holds the streams of each account that may put attachments."""
        super().__init__(
            scope,
            construct_id,
            bucket_name=stage.attachments_bucket,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                *(
                    s3.LifecycleRule(
                        id=f"attachments-{stream}",
                        prefix=own_prefix(stream),
                        expiration=Duration.days(attachments_days),
                        abort_incomplete_multipart_upload_after=Duration.days(1),
                    )
                    for stream in streams
                ),
                *(
                    s3.LifecycleRule(
                        id=f"bodies-{days}-days",
                        prefix=folder_of(timedelta(days=days)),
                        expiration=Duration.days(days),
                    )
                    for days in KEPT_DAYS
                ),
            ],
        )
        pin_logical_id(self, "Attachments")
        for account, names in producers.items():
            self.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"Producer{account}",
                    principals=[iam.AccountPrincipal(account)],
                    actions=["s3:PutObject"],
                    resources=[self.arn_for_objects(f"{own_prefix(name)}*") for name in names],
                )
            )
        acknowledge(
            self,
            "Access logs would need a second bucket that keeps who read which attachment for longer than "
            "the attachment lives; CloudTrail data events do this where a team wants it.",
            "AwsSolutions-S1",
        )


def s3_arn(path: str) -> str:
    """Return the ARN of a bucket, or of objects in it: `bucket/prefix/*`."""
    return f"arn:{Aws.PARTITION}:s3:::{path}"
