"""The key ring in Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from postroad.web.errors import RingUnavailableError
from postroad.web.token import KeyRing

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


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
