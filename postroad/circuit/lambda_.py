"""What the circuit asks of Lambda: that dispatch looks at a stream at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_lambda import LambdaClient


class DispatchWaker:
    """Has dispatch look at one stream's switch now, instead of in up to a minute."""

    def __init__(self, client: LambdaClient, function_name: str, *, logger: Logger) -> None:
        """Wake the function of this name. Needs lambda:InvokeFunction on it."""
        self._client = client
        self._function = function_name
        self._logger = logger

    def __call__(self, stream: str) -> None:
        """Ask, and don't wait for it. Never raises: without it, dispatch comes by itself within a minute."""
        try:
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps({"reassert": stream}).encode(),
            )
        except (BotoCoreError, ClientError) as error:
            self._logger.warning("dispatch not woken", extra={"error": type(error).__name__})
