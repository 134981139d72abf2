"""From the body of an SQS message to a `Message`, or to the reason why not."""

import json
import re
from typing import NoReturn

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from postroad.contract.checks import Problem, check
from postroad.contract.explain import explain
from postroad.contract.fingerprint import fingerprint
from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import MAX_BODY_BYTES, Message
from postroad.contract.words import Reason

__all__ = ["InvalidMessage", "fingerprint", "parse_message"]

# Far more than a template can show, and far less than Python's stack.
MAX_DEPTH = 64

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_DECODER = Decoder(Message)


def parse_message(body: str | bytes) -> Message:
    """Read one message. Whatever is wrong is an InvalidMessage; no other exception is raised.

    What needs no configuration is checked here; `check_stream` and `check_time` check the rest.
    """
    raw = _to_bytes(body)
    document, repeated = _load(raw)
    message_id = None if "message_id" in repeated else _read_id(document)
    try:
        _check_shape(document, repeated)
        message = _decode(raw)
        check(message)
    except Problem as problem:
        raise InvalidMessage(problem.reason, problem.field, problem.detail, message_id) from None
    return message


def _to_bytes(body: str | bytes) -> bytes:
    # A character is at least one byte, so a text too long in characters need not be encoded to be refused.
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    if isinstance(body, bytes):
        return body
    try:
        raw = body.encode()
    except UnicodeEncodeError:
        raise InvalidMessage(Reason.NOT_JSON, "body", "is not UTF-8; write UTF-8") from None
    if len(raw) > MAX_BODY_BYTES:
        raise _too_large()
    return raw


def _too_large() -> InvalidMessage:
    return InvalidMessage(
        Reason.TOO_LARGE,
        "body",
        f"is over SQS's 1 MiB ({MAX_BODY_BYTES} bytes of UTF-8); put files into S3 as attachments",
    )


def _load(raw: bytes) -> tuple[object, set[str]]:
    """Read JSON with the standard library, which alone can tell a repeated key, and return those keys too."""
    repeated: set[str] = set()

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                (repeated if key in seen else seen).add(key)
        return result

    try:
        return json.loads(raw.decode(), object_pairs_hook=build, parse_constant=_refuse_constant), repeated
    except RecursionError:
        raise InvalidMessage(Reason.SCHEMA, "body", _TOO_DEEP) from None
    except UnicodeDecodeError:
        raise InvalidMessage(Reason.NOT_JSON, "body", "is not UTF-8; write UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidMessage(
            Reason.NOT_JSON, "body", f"is not JSON from {where} on; write one JSON object"
        ) from None
    except ValueError:  # an integer of more digits than Python reads (sys.get_int_max_str_digits)
        raise InvalidMessage(
            Reason.NOT_JSON, "body", "holds a number of thousands of digits; write it as a text"
        ) from None


_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep; flatten it"


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidMessage(
        Reason.NOT_JSON, "body", f"holds {name}, which is not JSON; write null or leave it out"
    )


def _read_id(document: object) -> str | None:
    value = document.get("message_id") if isinstance(document, dict) else None
    return value if isinstance(value, str) and _ID.match(value) else None


def _check_shape(document: object, repeated: set[str]) -> None:
    if repeated:
        shown = sorted(key for key in repeated if _PLAIN_KEY.match(key))
        raise Problem(
            Reason.NOT_JSON,
            shown[0] if shown else "body",
            "occurs twice in one object; write each key once"
            if shown
            else "holds an object with a key that occurs twice; write each key once",
        )
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Problem(Reason.SCHEMA, "body", _TOO_DEEP)
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, (dict, list))
        ]


def _decode(raw: bytes) -> Message:
    try:
        return _DECODER.decode(raw)
    except ValidationError as error:
        raise explain(error) from None
    except DecodeError:
        # The standard library let it pass; msgspec is stricter about halves of surrogate pairs alone.
        raise Problem(
            Reason.NOT_JSON,
            "body",
            r"holds half of a surrogate pair (\ud800 to \udfff); write whole characters",
        ) from None
