"""What `mail` uses of `foundation`, found by names and SSM parameters."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from postroad.ledger.dynamodb import INDEX
from stacks.constructs.mail_function import MailFunction
from stacks.nag import acknowledge
from stacks.stage import Shared, Stage


class Stores(Construct):
    """References to the tables, the bucket, the address secret and the key of the stage."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, customer_managed: bool) -> None:
        """Look nothing up at synthesis: the parameters are resolved when the stack is deployed."""
        super().__init__(scope, construct_id)
        self._stage = stage
        self.key: kms.IKey | None = (
            kms.Key.from_key_arn(self, "Key", self._shared("key-arn")) if customer_managed else None
        )
        self.messages = dynamodb.TableV2.from_table_attributes(
            self,
            "Messages",
            table_name=stage.resource("messages"),
            table_stream_arn=self._shared("messages-stream-arn"),
            encryption_key=self.key,
        )
        self.bodies = self._table("bodies")
        self.suppressions = self._table("suppressions")
        self.schedule = self._table("schedule")
        self.contacts = self._table("contacts")
        self.journeys = self._table("journeys")
        self.stats = self._table("stats")
        self.attachments = s3.Bucket.from_bucket_name(self, "Attachments", stage.attachments_bucket)
        self.address_secret = secretsmanager.Secret.from_secret_complete_arn(
            self, "AddressSecret", self._shared("address-secret-arn")
        )
        self.token_keys = secretsmanager.Secret.from_secret_complete_arn(
            self, "TokenKeys", self._shared("token-keys-secret-arn")
        )

    def contacts_with_stream(self) -> dynamodb.ITableV2:
        """Return the table Contacts as what feeds a function with its changes."""
        return dynamodb.TableV2.from_table_attributes(
            self,
            "ContactsWithStream",
            table_name=self._stage.resource("contacts"),
            table_stream_arn=self._shared("contacts-stream-arn"),
            encryption_key=self.key,
        )

    def grant_address_secret(self, grantee: iam.IGrantable) -> None:
        """Let `grantee` read the address secret; Secrets Manager's own grant allows describing it too."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.address_secret.secret_arn],
        )

    def grant_token_keys(self, grantee: iam.IGrantable) -> None:
        """Let `grantee` read the key ring that signs the links in mails."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue"],
            resource_arns=[self.token_keys.secret_arn],
        )

    def grant_statements(self, function: MailFunction, *actions: str) -> None:
        """Let `function` write Messages by statements of PartiQL: `dynamodb:PartiQLInsert`, `…Update`."""
        self.messages.grant(function, *actions)
        if self._stage.is_local:
            # AWS judges each statement by what it does, on its table. The emulated cloud judges the request,
            # by an action that AWS doesn't have, on `*` alone. Named, CDK merges it with no other.
            function.add_to_role_policy(
                iam.PolicyStatement(
                    sid="LocalStatements", actions=["dynamodb:BatchExecuteStatement"], resources=["*"]
                )
            )
            acknowledge(
                function.role_of_its_own,
                "On the local stage alone: the emulated cloud authorises statements on no narrower resource.",
                "AwsSolutions-IAM5[Resource::*]",
            )

    def grant_latest_mails(self, function: MailFunction) -> None:
        """Let `function` find an address's latest mails: by the index, which is a resource of its own."""
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["dynamodb:Query"], resources=[f"{self.messages.table_arn}/index/{INDEX}"]
            )
        )

    def _table(self, name: str) -> dynamodb.ITableV2:
        return dynamodb.TableV2.from_table_attributes(
            self, name.capitalize(), table_name=self._stage.resource(name), encryption_key=self.key
        )

    def _shared(self, what: Shared) -> str:
        return ssm.StringParameter.value_for_string_parameter(Stack.of(self), self._stage.shared(what))
