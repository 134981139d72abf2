"""What a request's body says, as fields: forms of browsers and mail programs, and JSON objects. Pure.

Whatever is odd about a body makes it no form at all: nothing is guessed from half of one.
"""

from __future__ import annotations

import json
from base64 import b64decode
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from postroad.web.requests import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_BODY = 16 * 1024
"""Bytes; a mail program's POST has 26, the largest form of ours some 100 for each topic."""
MOST_FIELDS = 250
"""Of one form; a topic of the preference centre takes up to two."""
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"


def read_form(event: Mapping[str, Any], content_type: str, *, json_too: bool = False) -> Form | None:
    """Return the form in the gateway's event; `json_too`: a JSON object counts as one."""
    body = event.get("body") or ""
    if len(body) > 2 * LONGEST_BODY:
        return None
    try:
        content = b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(content) > LONGEST_BODY:
            return None
        kind = kind_of(content_type)
        if kind == MULTIPART:
            return _form(_multipart(content, content_type))
        if kind == URLENCODED:
            fields = parse_qsl(
                content.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"
            )
            return _form(fields)
        if kind == JSON and json_too:
            return _object(content)
    except (ValueError, RecursionError):  # no base64, no UTF-8, no JSON, too many fields, too deep
        return None
    return None


def kind_of(content_type: str) -> str:
    """Return the media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _form(fields: Iterable[tuple[str, str]]) -> Form:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return Form(found)


def _multipart(content: bytes, content_type: str) -> list[tuple[str, str]]:
    """Read a form as RFC 7578 has it, which a one-click client may send as well (RFC 8058, 3.2)."""
    # A line break in it would begin another header of the message that is parsed here.
    head = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("ascii", "replace")
    fields: list[tuple[str, str]] = []
    try:
        for part in BytesParser(policy=HTTP).parsebytes(head + content).iter_parts():
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(value, bytes):
                fields.append((name, value.decode(errors="replace").strip()))
    except Exception as error:  # its parser of headers fails by an IndexError or another at odd ones
        raise ValueError("no form") from error
    if len(fields) > MOST_FIELDS:
        raise ValueError("too many fields")
    return fields


def _object(content: bytes) -> Form | None:
    """Read a JSON object of texts and lists of texts; any other JSON is no form."""
    found = json.loads(content)
    if not isinstance(found, dict) or len(found) > MOST_FIELDS:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in found.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values):
            return None
        fields.setdefault(name.lower(), []).extend(values)
    return Form(fields, json=True)
