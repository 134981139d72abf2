"""Requests as API Gateway's HTTP API hands them on, and answers as it wants them (format 2.0). Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict

from postroad.web.answers import Kind
from postroad.web.forms import JSON, kind_of, read_form
from postroad.web.requests import MESSAGE_PARAMETER, Request, Route, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.web.answers import Answer
    from postroad.web.pages import Pages

STATUS = {
    Kind.UNKNOWN: 404,
    Kind.OVER: 410,
    Kind.BUSY: 429,
    Kind.TROUBLE: 503,
}
"""By what is told; 200 for all else."""
OK = 200
BAD_REQUEST = 400
NOT_ALLOWED = 405
AGAIN_SECONDS = 120
_ERROR = "error:"
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}


class Response(TypedDict):
    """What the gateway is answered."""

    statusCode: int
    headers: dict[str, str]
    body: str


REFUSED = Response(statusCode=403, headers={**HEADERS, "Content-Type": "text/plain; charset=utf-8"}, body="")
"""For whoever comes by the API's own name where a distribution is in front of it."""


def read_request(event: Mapping[str, Any]) -> Request:
    """Read the gateway's event; whatever the visitor left out or spoilt is empty."""
    context = event["requestContext"]
    headers = event.get("headers") or {}
    query = event.get("queryStringParameters") or {}
    http = context["http"]
    route = _route(event.get("routeKey", ""))
    content_type = headers.get("content-type", "")
    takes_json = route is Route.SUBSCRIBING
    posted = http["method"] == "POST"
    return Request(
        route=route,
        method=http["method"],
        visit=Visit(
            token=(event.get("pathParameters") or {}).get("token", ""),
            ip=http.get("sourceIp", ""),
            request_id=context.get("requestId", ""),
            message_id=query.get(MESSAGE_PARAMETER, ""),
        ),
        lang=query.get("lang", ""),
        accept_language=headers.get("accept-language", ""),
        form=read_form(event, content_type, json_too=takes_json) if posted else None,
        json=posted and takes_json and kind_of(content_type) == JSON,
    )


def respond(answer: Answer, request: Request, pages: Pages, status: int | None = None) -> Response:
    """Return the page of an answer. It is never a redirect: one-click clients follow none (RFC 8058, 3.1)."""
    locale = pages.locale(request.lang, request.accept_language)
    headers = {
        **HEADERS,
        "Content-Security-Policy": pages.policy,
        "Content-Language": locale,
        "Vary": "Accept-Language",
    }
    if answer.kind in {Kind.BUSY, Kind.TROUBLE}:
        headers["Retry-After"] = str(AGAIN_SECONDS)
    if status == NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD, POST"
    body = ""
    if request.json:
        headers["Content-Type"] = f"{JSON}; charset=utf-8"
        body = json.dumps({"answer": answer.kind.value} | _problems(answer))
    elif request.method != "HEAD":
        body = pages.page(answer, locale, request.visit.message_id)
    default = BAD_REQUEST if answer.refused else STATUS.get(answer.kind, OK)
    return {"statusCode": status or default, "headers": headers, "body": body}


def _problems(answer: Answer) -> dict[str, list[str]]:
    """Name the fields that kept a JSON object from being one of ours."""
    wrong = sorted(mark.removeprefix(_ERROR) for mark in answer.marks if mark.startswith(_ERROR))
    return {"problems": wrong} if answer.refused else {}


def _route(route_key: str) -> Route | None:
    """Read "ANY /u/{token}": which of the API's routes was taken, whatever the path looks like."""
    try:
        return Route(route_key.rpartition(" ")[2])
    except ValueError:
        return None
