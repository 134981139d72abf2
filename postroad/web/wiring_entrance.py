"""The entrance of the function `web`, put together from its environment."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.clock import SystemClock
from postroad.secrets import read_secret
from postroad.signing.services import secrets_requests
from postroad.web.entrance import GuardedEntrance, OpenEntrance
from postroad.web.settings import WebSettings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from postroad.web.entrance import Entrance

PREVIOUS = "AWSPREVIOUS"
"""What Secrets Manager calls the version before the current one."""


@cache
def entrance() -> Entrance:
    """Return what lets requests in, made once per process."""
    arn = WebSettings.from_env().origin_secret_arn
    if not arn:
        return OpenEntrance()
    secrets = secrets_requests()
    return GuardedEntrance(lambda: _origin_secrets(secrets, arn), now=SystemClock().now())


def _origin_secrets(secrets: SecretsManagerClient, arn: str) -> list[bytes]:
    """Return the secret's value, and the one before it where there was one."""
    found = [read_secret(secrets, arn)]
    try:
        found.append(read_secret(secrets, arn, version=PREVIOUS))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    return found
