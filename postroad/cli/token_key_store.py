"""The ring of token keys in Secrets Manager: read, and changed only where nobody else did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.cli.problem import ExitCode, Problem
from postroad.cli.token_key_ring import Ring
from postroad.settings import SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_secretsmanager import SecretsManagerClient

_STANDS = "AWSCURRENT"
_PREPARED = "AWSPENDING"


@dataclass(frozen=True, slots=True)
class Found:
    """The ring that stands, the version of the secret that it is, when that was made, and the secret."""

    ring: Ring
    version: str
    changed: datetime
    made: datetime


class TokenKeyStore:
    """The secret `token-keys` of a stage. Needs secretsmanager:GetSecretValue and DescribeSecret to look."""

    def __init__(self, client: SecretsManagerClient, arn: str) -> None:
        """Use this client and secret."""
        self._client = client
        self._arn = arn

    def find(self) -> Found:
        """Return the ring that stands; raises Problem for one that functions can't read."""
        value = self._client.get_secret_value(SecretId=self._arn, VersionStage=_STANDS)
        about = self._client.describe_secret(SecretId=self._arn)
        try:
            ring = Ring.read(value["SecretString"])
        except SettingsError as error:
            raise Problem(str(error), "Secrets Manager keeps the version before as AWSPREVIOUS.") from error
        return Found(ring, value["VersionId"], value["CreatedDate"], about["CreatedDate"])

    def change(self, found: Found, ring: Ring) -> None:
        """Let `ring` stand in the place of the one that was found; raises Problem where another one stands.

        Needs secretsmanager:PutSecretValue and UpdateSecretVersionStage. Two commands at once would otherwise
        lose a key, and every link that it had signed by then.
        """
        put = self._client.put_secret_value(
            SecretId=self._arn, SecretString=ring.text, VersionStages=[_PREPARED]
        )
        try:
            self._client.update_secret_version_stage(
                SecretId=self._arn,
                VersionStage=_STANDS,
                MoveToVersionId=put["VersionId"],
                RemoveFromVersionId=found.version,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidParameterException":
                raise
            raise Problem(
                "Somebody else changed the ring at the same time. Nothing was changed here.",
                "Look at it again (postroad token-keys show), then repeat the command if it is still due.",
                ExitCode.REFUSED,
            ) from error
