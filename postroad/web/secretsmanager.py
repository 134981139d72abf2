"""What `web` and `send` read in Secrets Manager: the key ring, and what a distribution proves itself by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.secrets import read_secret
from postroad.web.errors import RingUnavailableError
from postroad.web.token import KeyRing

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_PREVIOUS = "AWSPREVIOUS"
"""What Secrets Manager calls the version before the current one."""


def read_ring(client: SecretsManagerClient, arn: str) -> KeyRing:
    """Return the ring that stands.

    Raises RingUnavailableError where Secrets Manager can't, and SettingsError for a ring that is none.
    """
    try:
        value = client.get_secret_value(SecretId=arn)["SecretString"]
    except ClientError as error:
        raise RingUnavailableError(f"Secrets Manager refused: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise RingUnavailableError(f"Secrets Manager didn't answer: {type(error).__name__}") from error
    return KeyRing.read(value)


def read_origin_secrets(client: SecretsManagerClient, arn: str) -> list[bytes]:
    """Return the value of a distribution's secret, and the one before it where there was one."""
    found = [read_secret(client, arn)]
    try:
        found.append(read_secret(client, arn, version=_PREVIOUS))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    return found
