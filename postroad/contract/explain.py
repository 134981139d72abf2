"""What msgspec found wrong, in our words: the field, and what was expected there.

msgspec's own texts quote unknown keys and enum values of the message, and those may be personal data.
"""

import re
from collections.abc import Mapping

from msgspec import ValidationError

from postroad.contract.checks import Problem
from postroad.contract.message import MAX_ATTACHMENTS, MAX_HEADERS, MAX_TAGS, Message
from postroad.contract.words import Reason

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_PATH = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`\Z")
_MISSING = re.compile(r"Object missing required field `([a-z_0-9]+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`\Z", re.DOTALL)
_GOT = re.compile(r"got `([a-z]+)`")
_INDEX = re.compile(r"\[[^\]]*\]")

_TIME = 'an RFC 3339 time with its offset, like "2026-11-23T09:00:00-05:00"'
_WORD = "1 to 40 characters of a-z 0-9 _ -, beginning with a letter"
_ADDRESS = "one address like name@example.com, at most 320 characters"

EXPECTED: dict[str, tuple[Reason, str]] = {
    "": (Reason.SCHEMA, "a JSON object with the fields of postroad.message.v1"),
    "schema": (Reason.SCHEMA, '"postroad.message.v1"'),
    "message_id": (Reason.SCHEMA, "1 to 128 characters of A-Z a-z 0-9 . _ : -"),
    "created_at": (Reason.SCHEMA, _TIME),
    "stream": (Reason.UNKNOWN_STREAM, "the name of the stream of this queue"),
    "template": (Reason.UNKNOWN_TEMPLATE, "the name of a template: 1 to 64 characters of A-Z a-z 0-9 _ -"),
    "content": (Reason.SCHEMA, "an object with subject and text, html or both"),
    "content.subject": (Reason.SCHEMA, "a text of 1 to 998 characters"),
    "content.text": (Reason.SCHEMA, "a text that is not empty"),
    "content.html": (Reason.SCHEMA, "a text that is not empty"),
    "to": (Reason.ADDRESS, "an object with email and perhaps name"),
    "to.email": (Reason.ADDRESS, _ADDRESS),
    "to.name": (Reason.ADDRESS, "a text of at most 128 characters"),
    "locale": (Reason.LOCALE, 'a language tag of BCP 47, like "es-CO" (with hyphens)'),
    "data": (Reason.TEMPLATE_DATA, "an object; leave it out where there is nothing to show"),
    "topic": (Reason.TOPIC, "1 to 64 characters of a-z 0-9 _ . -, beginning with a letter or digit"),
    "reply_to": (Reason.ADDRESS, _ADDRESS),
    "attachments": (
        Reason.ATTACHMENT,
        f"a list of at most {MAX_ATTACHMENTS} objects with filename, content_type and s3",
    ),
    "attachments.filename": (Reason.ATTACHMENT, "a text of 1 to 255 characters"),
    "attachments.content_type": (
        Reason.ATTACHMENT,
        'a MIME type of at most 78 characters, like "application/pdf"',
    ),
    "attachments.s3": (Reason.ATTACHMENT, '"bucket/key"'),
    "headers": (
        Reason.HEADER,
        f"an object of at most {MAX_HEADERS} printable ASCII headers: names of 1 to 126, values of 1 to 995",
    ),
    "tags": (
        Reason.TAG,
        f"an object of at most {MAX_TAGS} tags: names of 1 to 190, values of 1 to 192 bytes of text",
    ),
    "send_at": (Reason.SCHEMA, _TIME),
    "expires_at": (Reason.SCHEMA, _TIME),
    "journey": (Reason.SCHEMA, "an object with name, version, enrolment and step"),
    "journey.name": (Reason.SCHEMA, "1 to 40 characters of a-z 0-9 _, beginning with a letter"),
    "journey.version": (Reason.SCHEMA, "a whole number from 1 to 9999"),
    "journey.enrolment": (Reason.SCHEMA, "24 characters of 0-9 a-f"),
    "journey.step": (Reason.SCHEMA, _WORD),
    "journey.category": (Reason.SCHEMA, _WORD),
    "journey.if_capped": (Reason.SCHEMA, '"wait" or "drop"'),
}

FIELDS = f"what the template shows belongs under data. Fields: {', '.join(Message.__struct_fields__)}"


def explain(
    error: ValidationError,
    contract: Mapping[str, tuple[Reason, str]] = EXPECTED,
    *,
    fields: str = FIELDS,
) -> Problem:
    """Say which field is wrong, and what `contract` expected there; `fields` is said of an unknown one."""
    text, path = str(error), ""
    # An unknown key may itself end like a path, with an address in it: only places of the contract count.
    if (at := _PATH.search(text)) and _INDEX.sub("", at.group(1)) in contract:
        text, path = text[: at.start()], at.group(1).replace("[...]", "")
    if unknown := _UNKNOWN.match(text):
        return _unknown_field(path, unknown.group(1), fields)
    if missing := _MISSING.match(text):
        path = _join(path, missing.group(1))
        reason, expected = _lookup(path, contract)
        return Problem(reason, path, f"is missing: expected {expected}")
    reason, expected = _lookup(path, contract)
    if text.startswith("Number out of range"):
        return Problem(reason, path, "holds a number that is out of range; write it as a text")
    got = _GOT.search(text)
    instead = f", got {_JSON_WORDS.get(got.group(1), got.group(1))}" if got else ""
    return Problem(reason, path or "body", f"expected {expected}{instead}")


_JSON_WORDS = {
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}


def _lookup(path: str, contract: Mapping[str, tuple[Reason, str]]) -> tuple[Reason, str]:
    field = _INDEX.sub("", path)
    while field not in contract:
        field = field.rpartition(".")[0]
    return contract[field]


def _unknown_field(path: str, name: str, fields: str) -> Problem:
    # A key that is not a plain name may be data that went astray, so it is not repeated.
    plain = _SAFE_NAME.match(name) is not None
    shown = _join(path, name) if plain else (path or "body")
    what = "is not a field of the contract" if plain else "holds a key that is not a field of the contract"
    if path:
        return Problem(Reason.SCHEMA, shown, f"{what}; remove it")
    return Problem(Reason.SCHEMA, shown, f"{what}; {fields}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
