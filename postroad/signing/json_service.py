"""A service of AWS's JSON protocol, asked as boto3's clients ask it: `client.get_item(TableName=…, Key=…)`.

Parameters, answers and errors are boto3's own, so that adapters can't tell. What is left out is what a cold
start pays for most: the service's model, and the checks against it.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import random
import time
from base64 import b64decode
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
)

from postroad.signing.connections import NoAnswerError, NotSentError
from postroad.signing.environment import UnsignedError, time_to_sign
from postroad.signing.patience import PRICE, PRICE_AFTER_SILENCE, REWARD, Patience
from postroad.signing.sigv4 import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postroad.signing.connections import Answer, Endpoint
    from postroad.signing.sigv4 import Credentials

ATTEMPTS = 4
"""As many as other clients make (`postroad.aws`)."""
LONGEST_PAUSE = 2.0
OK = 200
SERVER_ERROR = 500
TRY_AGAIN = frozenset(
    {
        "InternalServerError",
        "InternalServiceError",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The codes that botocore's standard mode repeats a request for."""


class JsonService:
    """One service; threads may share it. Each method is an operation: `get_item` is GetItem."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        signing_name: str,
        target: str,
        version: str,
        region: str,
        keys: Callable[[], Credentials],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask at this endpoint; `target` begins each operation's name, `version` is the protocol's."""
        self._endpoint = endpoint
        self._signing_name = signing_name
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"
        self._region = region
        self._keys = keys
        self._sleep = sleep
        self._patience = Patience()

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        """Return what calls the operation, which raises botocore's ClientError or another BotoCoreError."""
        if method.startswith("_"):
            raise AttributeError(method)
        return partial(self._call, "".join(word.capitalize() for word in method.split("_")))

    def _call(self, operation: str, /, **parameters: object) -> dict[str, Any]:
        body = msgspec.json.encode(parameters)
        spent = 0
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._once(operation, body)
            except (EndpointConnectionError, ConnectionClosedError) as error:
                price = PRICE_AFTER_SILENCE if isinstance(error, ConnectionClosedError) else PRICE
                if attempt == ATTEMPTS or not self._patience.spend(price):
                    raise
            except ClientError as error:
                price = PRICE
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                again = status >= SERVER_ERROR or error.response["Error"]["Code"] in TRY_AGAIN
                if attempt == ATTEMPTS or not again or not self._patience.spend(price):
                    raise
            else:
                self._patience.give_back(spent or REWARD)
                return answer
            spent = price
            # No two processes that were refused together come back together.
            self._sleep(random.uniform(0, min(LONGEST_PAUSE, 0.1 * 4**attempt)))  # noqa: S311 - no secret
        raise AssertionError

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        def headers(host: str) -> Mapping[str, str]:
            return signed_headers(
                {
                    "Host": host,
                    "Content-Type": self._content_type,
                    "X-Amz-Target": f"{self._target}.{operation}",
                },
                method="POST",
                path="/",
                body=body,
                service=self._signing_name,
                region=self._region,
                credentials=self._keys(),
                at=time_to_sign(),
            )

        try:
            answer = self._endpoint.post("/", body, headers)
        except UnsignedError as error:
            raise NoCredentialsError from error
        except NotSentError as error:
            raise EndpointConnectionError(endpoint_url=self._signing_name, error=error) from error
        except NoAnswerError as error:
            raise ConnectionClosedError(endpoint_url=self._signing_name, error=error) from error
        content = _content(answer)
        if answer.status == OK and content is not None:
            return content
        raise _error_of(answer, content or {}, operation)


def _content(answer: Answer) -> dict[str, Any] | None:
    """Return what was answered, or None where it is no JSON object."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        content = msgspec.json.decode(answer.body)
        if isinstance(content, dict):
            # Few items have binary attributes, and only those are gone through.
            return _with_bytes(content) if b'"B' in answer.body else content
    return None


def _with_bytes(value: Any) -> Any:  # noqa: ANN401  anything that JSON holds
    """Turn DynamoDB's binary attributes (`{"B": text}`, `{"BS": [text]}`) into bytes, as boto3 does."""
    if isinstance(value, list):
        return [_with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"B": str(text)} if len(value) == 1:
            return {"B": b64decode(text)}
        case {"BS": list(texts)} if len(value) == 1:
            return {"BS": [b64decode(text) for text in texts]}
    return {name: _with_bytes(each) for name, each in value.items()}


def _error_of(answer: Answer, content: dict[str, Any], operation: str) -> ClientError:
    code = str(content.pop("__type", "") or answer.error or answer.status)
    texts = [content.pop(name, "") for name in ("message", "Message")]
    told: Any = {
        **content,
        "Error": {
            "Code": code.partition(":")[0].rpartition("#")[2],
            "Message": next(filter(None, texts), ""),
        },
        "ResponseMetadata": {"HTTPStatusCode": answer.status},
    }
    return ClientError(told, operation)
