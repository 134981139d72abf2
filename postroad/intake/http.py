"""`POST /events` as API Gateway's HTTP API hands it on, and the answers (format 2.0). Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any, TypedDict

from postroad.contract.event import EventReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.contract.event import InvalidEvent

ROUTE = "/events"
ACCEPTED = 202
BAD_REQUEST = 400
FORBIDDEN = 403
TOO_LARGE = 413
UNAVAILABLE = 503
AGAIN_SECONDS = 5


class Response(TypedDict):
    """What the gateway is answered."""

    statusCode: int
    headers: dict[str, str]
    body: str


def is_signed(event: Mapping[str, Any]) -> bool:
    """Say whether the gateway found a signature of AWS's and knows whose it is.

    It lets nobody in without: this is the second look, for the day on which a route is made open by mistake.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    return bool((authorizer.get("iam") or {}).get("userArn"))


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return what was posted; nothing where that can't be read."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode(errors="surrogatepass") if isinstance(body, str) else b""
    try:
        return b64decode(body, validate=True)
    except ValueError:
        return b""


def accepted(event_id: str) -> Response:
    """Answer that an event is on its way."""
    return _answer(ACCEPTED, {"event_id": event_id})


def refused(error: InvalidEvent) -> Response:
    """Answer what is wrong with an event: the reason, the field, and what was expected there."""
    status = TOO_LARGE if error.reason is EventReason.TOO_LARGE else BAD_REQUEST
    said = {"reason": error.reason.value, "field": error.field, "detail": error.detail}
    return _answer(status, said if error.event_id is None else {**said, "event_id": error.event_id})


def forbidden() -> Response:
    """Answer as the gateway does where there is no signature, or a wrong one."""
    return _answer(FORBIDDEN, {"message": "Forbidden"})


def unavailable() -> Response:
    """Answer that the event was not taken, and may be sent again."""
    said = {"reason": "unavailable", "detail": "the event was not taken; send it again, under the same id"}
    answer = _answer(UNAVAILABLE, said)
    return {**answer, "headers": {**answer["headers"], "Retry-After": str(AGAIN_SECONDS)}}


def _answer(status: int, said: Mapping[str, str]) -> Response:
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(statusCode=status, headers=headers, body=json.dumps(said))
