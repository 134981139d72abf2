"""The JSON Schemas of the contract, generated from its types.

`python -m postroad.contract.schema [folder]` writes them; a test holds the committed files to it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from msgspec.json import schema

from postroad.contract.event import EVENT_SCHEMA, ContactEvent
from postroad.contract.message import MESSAGE_SCHEMA, Message
from postroad.contract.notice import NOTICE_SCHEMA, JourneyNotice, Walked
from postroad.contract.result import RESULT_SCHEMA, Result
from postroad.contract.stream_event import STREAM_SCHEMA, StreamEvent

FOLDER = Path("docs/reference")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def message_schema() -> dict[str, Any]:
    """Return the schema of `postroad.message.v1`.

    It refuses nothing that the parser accepts. The parser refuses more: what the descriptions say.
    """
    document = schema(Message, schema_hook=_any_value)
    definitions = document["$defs"]
    definitions["Message"]["oneOf"] = [
        {"required": ["template"], "properties": {"template": {"type": "string"}}},
        {"required": ["content"], "properties": {"content": {"type": "object"}}},
    ]
    definitions["Content"]["anyOf"] = [
        {"required": ["text"], "properties": {"text": {"type": "string"}}},
        {"required": ["html"], "properties": {"html": {"type": "string"}}},
    ]
    return _finished(MESSAGE_SCHEMA, document)


def event_schema() -> dict[str, Any]:
    """Return the schema of `postroad.event.v1`; the parser refuses more, as of messages."""
    return _finished(EVENT_SCHEMA, schema(ContactEvent, schema_hook=_any_value))


def result_schema() -> dict[str, Any]:
    """Return the schema of `postroad.result.v1`.

    Unlike in the message, unknown fields are allowed: consumers must not break when a later version adds one.
    """
    return _open(RESULT_SCHEMA, Result)


def stream_schema() -> dict[str, Any]:
    """Return the schema of `postroad.stream.v1`; unknown fields are allowed as in the result."""
    return _open(STREAM_SCHEMA, StreamEvent)


def notice_schema() -> dict[str, Any]:
    """Return the schema of `postroad.notice.v1`; unknown fields are allowed as in the result."""
    return _open(NOTICE_SCHEMA, JourneyNotice, Walked)


def _open(name: str, kind: type, *within: type) -> dict[str, Any]:
    document = schema(kind, schema_hook=_any_value)
    for each in (kind, *within):
        del document["$defs"][each.__name__]["additionalProperties"]
    return _finished(name, document)


def _any_value(kind: type) -> dict[str, Any]:
    """Describe what stands for any JSON value in the types: `object`."""
    if kind is object:
        return {"description": "Any JSON value."}
    raise NotImplementedError  # msgspec's own word for: no schema from this hook


def _finished(name: str, document: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DIALECT, "$id": f"urn:{name.replace('.', ':')}", "title": name, **document}


def files() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    schemas = {
        MESSAGE_SCHEMA: message_schema(),
        EVENT_SCHEMA: event_schema(),
        RESULT_SCHEMA: result_schema(),
        STREAM_SCHEMA: stream_schema(),
        NOTICE_SCHEMA: notice_schema(),
    }
    return {
        f"{name}.schema.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in schemas.items()
    }


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
