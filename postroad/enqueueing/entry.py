"""A message that is checked, written as JSON, and ready for its queue. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from postroad.contract.fingerprint import fingerprint
from postroad.contract.ids import make_message_id
from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import MESSAGE_SCHEMA
from postroad.contract.parser import parse_message
from postroad.contract.words import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a call, by its place in it (from 0)."""

    index: int
    message_id: str
    body: str
    size: int
    """Bytes of the body in UTF-8."""
    fingerprint: str


def make_entry(
    index: int, message: Mapping[str, object], *, stream: str, now: datetime, random: bytes
) -> Entry:
    """Fill in schema, stream, message_id and created_at where they are missing, and check the whole.

    Raises InvalidMessage.
    """
    filled = {"schema": MESSAGE_SCHEMA, "stream": stream, **message}
    if filled.get("message_id") is None:
        filled["message_id"] = make_message_id(now, random)
    if filled.get("created_at") is None:
        filled["created_at"] = now
    body = write_json(filled)
    parsed = parse_message(body)
    if parsed.stream != stream:
        raise InvalidMessage(
            Reason.UNKNOWN_STREAM,
            "stream",
            f'this outbox is for the stream "{stream}"; use that of the message\'s own stream',
            parsed.message_id,
        )
    return Entry(index, parsed.message_id, body, len(body.encode()), fingerprint(parsed))


def given_id(message: Mapping[str, object]) -> str:
    """Return the id that the caller gave, also one that is refused, or an empty text."""
    value = message.get("message_id")
    return value if isinstance(value, str) else ""


def write_value(value: object) -> object:
    """Return dates, decimals and UUIDs as texts. Raises TypeError for what has no form."""
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def write_json(message: Mapping[str, object], write_value: Callable[[object], object] = write_value) -> str:
    """Write a message, or an event, as JSON; `write_value` gives the form of what JSON doesn't know.

    Raises InvalidMessage.
    """
    try:
        text = json.dumps(
            message, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=write_value
        )
    except TypeError as error:
        why = f"holds a value without a JSON form ({error}); convert it first"
    except (ValueError, RecursionError):
        why = "holds NaN, infinity or an object that holds itself; JSON has no form for it"
    else:
        # SQS refuses bodies that hold one of these two noncharacters; as escapes they are the same JSON.
        return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    raise InvalidMessage(Reason.NOT_JSON, "body", why, given_id(message) or None)
