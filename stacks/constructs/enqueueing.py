"""Who may enqueue to a stream, and where they find its queue."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from postroad.contract.rules import own_prefix
from postroad.names import queue_parameter
from stacks.constructs.attachments import s3_arn
from stacks.constructs.encryption_key import through_queue_and_bucket
from stacks.constructs.stores import Stores
from stacks.nag import acknowledge_objects
from stacks.stage import Stage

# The parameter's name begins with the slash that would part it from the word `parameter`.
WITHOUT_SLASH = ArnFormat.NO_RESOURCE_NAME
ENQUEUE = ("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes")


class Enqueueing(Construct):
    """A managed policy for applications of this account, and the queue's own policy for those elsewhere."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        stream: str,
        queue: sqs.Queue,
        stores: Stores,
        accounts: Sequence[str],
    ) -> None:
        """Let `accounts` and the bearers of `policy` enqueue to `queue` and put the stream's attachments."""
        super().__init__(scope, construct_id)
        attachments = f"{stores.attachments.bucket_name}/{own_prefix(stream)}*"
        # The emulated cloud judges a batch by an action that AWS does not have.
        emulated = ["sqs:SendMessageBatch"] if stage.is_local else []
        statements = [
            iam.PolicyStatement(actions=[*ENQUEUE, *emulated], resources=[queue.queue_arn]),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[s3_arn(attachments)]),
            iam.PolicyStatement(
                actions=["ssm:GetParameter"], resources=[self._name_the_queue(stage, stream, queue)]
            ),
        ]
        if stores.key:
            statements.append(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=[stores.key.key_arn],
                    conditions=through_queue_and_bucket(stage),
                )
            )
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=f"{stage.resource('enqueue', stream)}-{stage.region}",
            description=f"May enqueue to the stream {stream} of Postroad {stage.name}.",
            statements=statements,
        )
        acknowledge_objects(self.policy, attachments)
        if accounts:
            # What they may put into the bucket and do with the key stands in `foundation`, beside these.
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="ProducersElsewhere",
                    principals=[iam.AccountPrincipal(account) for account in accounts],
                    actions=list(ENQUEUE),
                    resources=[queue.queue_arn],
                )
            )

    def _name_the_queue(self, stage: Stage, stream: str, queue: sqs.Queue) -> str:
        """Write the queue's URL where `Outbox.for_stage` looks for it; return the parameter's ARN."""
        name = queue_parameter(stage.name, stream)
        ssm.StringParameter(
            self,
            "QueueUrl",
            parameter_name=name,
            string_value=queue.queue_url,
            description=f"Where applications enqueue to the stream {stream}.",
        )
        return Stack.of(self).format_arn(service="ssm", resource=f"parameter{name}", arn_format=WITHOUT_SLASH)
