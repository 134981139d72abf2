"""From the body of an SQS message to a `Message`, or to the reason why not."""

import re

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from postroad.contract.checks import Problem, check
from postroad.contract.explain import explain
from postroad.contract.fingerprint import fingerprint
from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import MAX_BODY_BYTES, Message
from postroad.contract.strict_json import MAX_DEPTH, check_shape, load, surrogates, to_bytes

__all__ = ["MAX_DEPTH", "InvalidMessage", "fingerprint", "parse_message"]

_TOO_LARGE = f"is over SQS's 1 MiB ({MAX_BODY_BYTES} bytes of UTF-8); put files into S3 as attachments"
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_DECODER = Decoder(Message)


def parse_message(body: str | bytes) -> Message:
    """Read one message. Whatever is wrong is an InvalidMessage; no other exception is raised.

    What needs no configuration is checked here; `check_stream` and `check_time` check the rest.
    """
    message_id = None
    try:
        raw = to_bytes(body, most=MAX_BODY_BYTES, instead=_TOO_LARGE)
        document, repeated = load(raw)
        message_id = None if "message_id" in repeated else _read_id(document)
        check_shape(document, repeated)
        message = _decode(raw)
        check(message)
    except Problem as problem:
        raise InvalidMessage(problem.reason, problem.field, problem.detail, message_id) from None
    return message


def _read_id(document: object) -> str | None:
    value = document.get("message_id") if isinstance(document, dict) else None
    return value if isinstance(value, str) and _ID.match(value) else None


def _decode(raw: bytes) -> Message:
    try:
        return _DECODER.decode(raw)
    except ValidationError as error:
        raise explain(error) from None
    except DecodeError:
        raise surrogates() from None
