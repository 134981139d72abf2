"""A function under a role that was deployed: it tries what it is told to, and returns what came of it.

Sent to the emulated cloud as it stands here; it imports nothing of the project.
"""

from typing import Any

import boto3
from botocore.exceptions import ClientError


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Make each call of `event`: {name: [service, method, arguments]}; return `ok` or the error's code."""
    return {name: attempt(*call) for name, call in event.items()}


def attempt(service: str, method: str, arguments: dict[str, Any]) -> str:
    # The service's name comes from the test.
    clients: Any = boto3
    try:
        getattr(clients.client(service), method)(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"
