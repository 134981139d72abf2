"""Requests as API Gateway's HTTP API hands them on, and answers as it wants them (format 2.0). Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import parse_qs

from postroad.web.answers import Kind, Leaves, Why
from postroad.web.unsubscribing import How, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.web.pages import Pages
    from postroad.web.unsubscribing import Answer

LONGEST_BODY = 8 * 1024
"""Bytes; our form has under 100, a mail program's POST 26."""
MOST_FIELDS = 10
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
STATUS = {
    Kind.ASK: 200,
    Kind.LEFT_TOPIC: 200,
    Kind.LEFT_ALL: 200,
    Kind.UNKNOWN: 404,
    Kind.BUSY: 429,
    Kind.TROUBLE: 503,
}
BAD_REQUEST = 400
NOT_ALLOWED = 405
AGAIN_SECONDS = 120
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


@dataclass(frozen=True, slots=True)
class Request:
    """A request as far as the pages read it. `form` is None for a body that is no form, or far too long."""

    method: str
    visit: Visit
    lang: str
    accept_language: str
    form: Mapping[str, str] | None

    @property
    def looks(self) -> bool:
        """Whether it only wants to see."""
        return self.method in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for."""

    leaves: Leaves
    how: How
    why: Why | None


def read_request(event: Mapping[str, Any]) -> Request:
    """Read the gateway's event; whatever the visitor left out or spoilt is empty."""
    context = event["requestContext"]
    headers = event.get("headers") or {}
    query = event.get("queryStringParameters") or {}
    http = context["http"]
    return Request(
        method=http["method"],
        visit=Visit(
            token=(event.get("pathParameters") or {}).get("token", ""),
            ip=http.get("sourceIp", ""),
            request_id=context.get("requestId", ""),
        ),
        lang=query.get("lang", ""),
        accept_language=headers.get("accept-language", ""),
        form=_form(event, headers.get("content-type", "")) if http["method"] == "POST" else None,
    )


def wish_of(form: Mapping[str, str] | None) -> Wish | None:
    """Return what a form asks for: a mail program's, which says one thing alone (RFC 8058), or our own.

    None for any other: nobody leaves by a request that doesn't say so. A reason that we don't offer is none.
    """
    if form is None:
        return None
    if form.get("list-unsubscribe", "").strip().lower() == "one-click":
        return Wish(Leaves.TOPIC, How.ONE_CLICK, None)
    try:
        leaves = Leaves(form.get("leave", ""))
    except ValueError:
        return None
    reason = form.get("reason", "")
    return Wish(leaves, How.PAGE, Why(reason) if reason in set(Why) else None)


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
    body = "" if request.method == "HEAD" else pages.page(answer.kind, locale, answer.topic)
    return {"statusCode": status or STATUS[answer.kind], "headers": headers, "body": body}


def _form(event: Mapping[str, Any], content_type: str) -> dict[str, str] | None:
    body = event.get("body") or ""
    if len(body) > 2 * LONGEST_BODY:
        return None
    try:
        content = b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(content) > LONGEST_BODY:
            return None
        kind = content_type.partition(";")[0].strip().lower()
        if kind == MULTIPART:
            return _multipart(content, content_type)
        if kind == URLENCODED:
            fields = parse_qs(
                content.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
            )
            return {name.lower(): values[0] for name, values in fields.items()}
    except ValueError:  # no base64, no UTF-8, too many fields
        return None
    return None


def _multipart(content: bytes, content_type: str) -> dict[str, str]:
    """Read a form as RFC 7578 has it, which a one-click client may send as well (RFC 8058, 3.2)."""
    # A line break in it would begin another header of the message that is parsed here.
    head = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("ascii", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + content)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes) and len(fields) < MOST_FIELDS:
            fields.setdefault(name.lower(), value.decode(errors="replace").strip())
    return fields
