"""Secrets of Secrets Manager, read once per process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.settings import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SHORTEST = 32
"""Characters; what the stack generates is longer."""


def read_secret(client: SecretsManagerClient, arn: str, *, version: str = "") -> bytes:
    """Return the secret's current value, or that of the stage `version`, as the bytes of an HMAC key.

    Raises SettingsError for a value too short to be a key: an address key made with it would be guessable.
    """
    if version:
        value = client.get_secret_value(SecretId=arn, VersionStage=version)["SecretString"]
    else:
        value = client.get_secret_value(SecretId=arn)["SecretString"]
    if len(value) < SHORTEST:
        raise SettingsError("the secret is too short to be a key: restore the value that the stack generated")
    return value.encode()
