"""What the circuit asks of Lambda: mappings enabled or disabled, canaries sent, dispatch woken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from postroad.circuit.errors import MappingsUnavailableError
from postroad.circuit.mapping import MappingState
from postroad.evidence.canary import CanaryAnswer, CanaryOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools import Logger
    from botocore.config import Config
    from mypy_boto3_lambda import LambdaClient

ON_ITS_WAY = frozenset({"ResourceInUseException", "ResourceConflictException"})
"""Lambda refuses to change a mapping that is being changed."""


def canary_config() -> Config:
    """Return what the client of `LambdaCanaries` is made with.

    A canary may take a cold start and SES's read timeout, and asking again would send another one.
    """
    from botocore.config import Config  # noqa: PLC0415 - send knows this module, and does without all that

    return Config(
        connect_timeout=2, read_timeout=25, retries={"total_max_attempts": 1}, max_pool_connections=10
    )


class LambdaMappings:
    """`Mappings` by their ids. Needs lambda:GetEventSourceMapping and lambda:UpdateEventSourceMapping."""

    def __init__(self, client: LambdaClient, ids: Mapping[str, str]) -> None:
        """Use this client; `ids` holds the UUID of each stream's mapping."""
        self._client = client
        self._ids = ids

    def read(self, stream: str) -> MappingState:
        """Return where the stream's mapping stands."""
        try:
            return MappingState(self._client.get_event_source_mapping(UUID=self._ids[stream])["State"])
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from error

    def ask(self, stream: str, *, enabled: bool) -> MappingState:
        """Have the mapping enabled or disabled; everything else of it stays as it was deployed."""
        try:
            answer = self._client.update_event_source_mapping(UUID=self._ids[stream], Enabled=enabled)
        except ClientError as error:
            if error.response["Error"]["Code"] in ON_ITS_WAY:
                return self.read(stream)
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return MappingState(answer["State"])


class LambdaCanaries:
    """`evidence.ports.Canaries` by the streams' own functions. Needs lambda:InvokeFunction on each."""

    def __init__(self, client: LambdaClient, functions: Mapping[str, str], *, logger: Logger) -> None:
        """Use this client, made with `canary_config`; `functions` names each stream's send function."""
        self._client = client
        self._functions = functions
        self._logger = logger

    def send(self, stream: str) -> CanaryAnswer:
        """Have one sent, and wait for what SES said to it."""
        try:
            answer = self._client.invoke(
                FunctionName=self._functions[stream],
                InvocationType="RequestResponse",
                Payload=json.dumps({"canary": True}).encode(),
            )
            told = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as trouble:
            return self._unknown(stream, type(trouble).__name__)
        if error := answer.get("FunctionError"):  # it crashed, or had no time left
            return self._unknown(stream, error)
        try:
            return CanaryAnswer(CanaryOutcome(told["outcome"]), str(told.get("why", "")))
        except (AttributeError, KeyError, TypeError, ValueError) as trouble:
            return self._unknown(stream, type(trouble).__name__)

    def _unknown(self, stream: str, error: str) -> CanaryAnswer:
        self._logger.warning("canary without an answer", extra={"stream": stream, "error": error})
        return CanaryAnswer(CanaryOutcome.UNKNOWN)


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


def _unavailable(error: Exception) -> MappingsUnavailableError:
    response: Any = getattr(error, "response", {})
    word = response.get("Error", {}).get("Code") or type(error).__name__
    return MappingsUnavailableError(f"the mapping can't be asked or changed: {word}")
