"""The two secrets: what turns an address into its key, and what signs the links in a mail. Kept apart."""

import json
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.constructs.logical_id import pin_logical_id
from stacks.nag import acknowledge
from stacks.stage import Stage

LETTERS = 64  # of 62 kinds: 381 bits, more than the HMAC-SHA256 that they key can hold


class AddressSecret(secretsmanager.Secret):
    """Keys the HMAC that stands for an address in every table. Losing it loses every suppression."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: kms.IKey | None,
        backup_region: str | None,
    ) -> None:
        """Generate the secret once; it is retained, copied to `backup_region`, and never rotated."""
        super().__init__(
            scope,
            construct_id,
            secret_name=stage.parameter("address-secret").lstrip("/"),
            description="Postroad: keys the HMAC of every address. Never rotate or delete: no suppression "
            "would match any more.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=LETTERS, exclude_punctuation=True
            ),
            encryption_key=key,
            # The copy is encrypted with that Region's own key: one that lies here could not open it there.
            replica_regions=[secretsmanager.ReplicaRegion(region=backup_region)] if backup_region else None,
            removal_policy=RemovalPolicy.RETAIN,
        )
        pin_logical_id(self, "AddressSecret")
        acknowledge(
            self,
            "Every suppression is stored under the HMAC of its address with this secret: rotating it would "
            "make all of them unfindable, and suppressed people would be mailed again.",
            "AwsSolutions-SMG4",
        )


class TokenKeys(secretsmanager.Secret):
    """The key ring that signs the links in mails: JSON {"current": "t1", "t1": "<64 letters>"}.

    A new key is added beside the old ones and named `current`; links signed with an older key stay valid.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey | None) -> None:
        """Generate the ring with its first key."""
        super().__init__(
            scope,
            construct_id,
            secret_name=stage.parameter("token-keys").lstrip("/"),
            description="Postroad: the key ring that signs the links in mails. Add keys, keep the old ones.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"current": "t1"}),
                generate_string_key="t1",
                password_length=LETTERS,
                exclude_punctuation=True,
            ),
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        pin_logical_id(self, "TokenKeys")
        acknowledge(
            self,
            "Links in mails stay valid for years, so keys are added to the ring and never replaced: "
            "Secrets Manager's rotation, which replaces the value, would break every link already sent.",
            "AwsSolutions-SMG4",
        )


def arn_of(secret: secretsmanager.Secret) -> str:
    """Return the secret's ARN by its attribute `Id`: the emulated cloud's `Ref` is the name alone."""
    return cast("secretsmanager.CfnSecret", secret.node.default_child).attr_id
