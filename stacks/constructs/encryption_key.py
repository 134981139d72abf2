"""The customer-managed key, for teams whose rules ask for one."""

from collections.abc import Sequence

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.logical_id import pin_logical_id
from stacks.stage import Stage

# SES, SNS and CloudWatch publish to topics, SNS, S3 and EventBridge deliver to a queue: each must be let use
# the key.
SERVICES = (
    "ses.amazonaws.com",
    "sns.amazonaws.com",
    "s3.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
)
# What a producer asks, which then uses the key on its behalf.
PRODUCERS_ASK = ("sqs", "s3")


class EncryptionKey(kms.Key):
    """Encrypts tables, queues, topics, secrets and the bucket of one stage."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, producer_accounts: Sequence[str]
    ) -> None:
        """Make the key, and let the accounts that may enqueue encrypt what they send."""
        super().__init__(
            scope,
            construct_id,
            alias=f"alias/{stage.resource()}",
            description=f"Postroad {stage.name}: tables, queues, topics, secrets and attachments.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        pin_logical_id(self, "EncryptionKey")
        for service in SERVICES:
            self.grant(
                iam.ServicePrincipal(
                    service, conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
                ),
                "kms:Decrypt",
                "kms:GenerateDataKey",
            )
        for account in producer_accounts:
            self.grant(
                iam.PrincipalWithConditions(iam.AccountPrincipal(account), through_queue_and_bucket(stage)),
                "kms:Decrypt",
                "kms:GenerateDataKey",
            )


def through_queue_and_bucket(stage: Stage) -> dict[str, dict[str, list[str]]]:
    """Return the condition under which producers use the key.

    It encrypts tables and secrets too: a producer uses it through a request to the queue or the bucket, which
    are open to it, and never by asking KMS itself, nor through another service.
    """
    services = [f"{service}.{stage.region}.{Aws.URL_SUFFIX}" for service in PRODUCERS_ASK]
    return {"StringEquals": {"kms:ViaService": services}}
