"""Write docs/reference/contract.md from the contract's types and words: `python -m tools.contract_page`.

The prose is in `contract_page.md` beside this; every fact that code knows is filled in from the code.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from postroad.configuration.stream import PUBLISHED_BY_DEFAULT
from postroad.contract.checks import HEADER_LENGTH, RESERVED_HEADERS, RESERVED_PREFIXES
from postroad.contract.explain import EXPECTED
from postroad.contract.message import MAX_BODY_BYTES
from postroad.contract.parser import MAX_DEPTH
from postroad.contract.result import RESULT_SOURCE
from postroad.contract.schema import message_schema, result_schema, stream_schema
from postroad.contract.times import CLOCK_TOLERANCE, MAX_AGE
from postroad.contract.words import Reason, Status
from postroad.explaining import meanings
from postroad.ledger.row import LEAST_RETENTION, REFUSAL_PREFIX

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "contract.md"
PROSE = Path(__file__).with_suffix(".md")
_BLANK = re.compile(r"\{\{ ([a-z_]+) \}\}")
_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')
_MEBIBYTE = 1024 * 1024


def page() -> str:
    """Return the text of the page."""
    facts = {
        "message_fields": _table("field | | form | what it is", _message_fields()),
        "result_fields": _table("field | form | what it is", _open_fields(result_schema(), "Result")),
        "stream_fields": _table("field | form | what it is", _open_fields(stream_schema(), "StreamEvent")),
        "statuses": _table("status | what it means | published by default | next", _statuses()),
        "reasons": _table("reason | what it means | next", _reasons()),
        "reserved_headers": ", ".join(f"`{_capitalised(name)}`" for name in sorted(RESERVED_HEADERS)),
        "reserved_prefixes": ", ".join(f"`{_capitalised(name)}`" for name in sorted(RESERVED_PREFIXES)),
        "header_length": HEADER_LENGTH,
        "body_mebibytes": MAX_BODY_BYTES // _MEBIBYTE,
        "depth": MAX_DEPTH,
        "most_days": MAX_AGE.days,
        "least_days": LEAST_RETENTION.days,
        "clock_days": CLOCK_TOLERANCE.days,
        "refusal_prefix": REFUSAL_PREFIX,
        "source": RESULT_SOURCE,
        "unpublished": " and ".join(f"`{status}`" for status in Status if status not in PUBLISHED_BY_DEFAULT),
    }
    prose = PROSE.read_text(encoding="utf-8")
    if unused := set(facts) - set(_BLANK.findall(prose)):
        raise ValueError(f"{PROSE.name} leaves out {', '.join(sorted(unused))}")
    return _BLANK.sub(lambda found: str(facts[found[1]]), prose)


def _message_fields() -> Iterator[tuple[str, ...]]:
    schema = message_schema()
    choice = {name for one in schema["$defs"]["Message"]["oneOf"] for name in one["required"]}
    for path, node, required in fields(schema, "Message"):
        (other,) = choice - {path} if path in choice else ("",)
        needed = "required" if required else f"this or `{other}`" if other else ""
        _, form = EXPECTED[path]
        yield f"`{path}`", needed, form, _description(node)


def _open_fields(schema: Mapping[str, Any], name: str) -> Iterator[tuple[str, ...]]:
    for path, node, _ in fields(schema, name):
        yield f"`{path}`", _form(node), _description(node)


def fields(schema: Mapping[str, Any], name: str, path: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Yield the fields below a definition of a JSON Schema: path, node, and whether it is required."""
    definition = schema["$defs"][name]
    for field, node in definition["properties"].items():
        here = f"{path}.{field}" if path else field
        found = _REFERENCE.search(json.dumps(node))
        below = schema["$defs"][found[1]] if found else {}
        # A field of a type of its own is described where that type is.
        yield here, {"description": below.get("description"), **node}, field in definition["required"]
        if found and "properties" in below:
            yield from fields(schema, found[1], here)


def _description(node: Mapping[str, Any]) -> str:
    """Return what the types say of a field, wherever msgspec put it."""
    for each in (node, *node.get("anyOf", ())):
        if each.get("description"):
            return str(each["description"])
    raise ValueError(f"a field without a description: {node}")


def _form(node: Mapping[str, Any]) -> str:
    if "anyOf" in node and "$ref" not in json.dumps(node):
        return " or ".join(_form(each) for each in node["anyOf"])
    if "enum" in node:
        return " or ".join(f'`"{value}"`' for value in node["enum"])
    if node.get("format") == "date-time":
        return "time (RFC 3339)"
    if "$ref" in json.dumps(node):
        return "one of the statuses below"
    return {"string": "text", "object": "object of texts", "null": "null"}[node["type"]]


def _statuses() -> Iterator[tuple[str, ...]]:
    for status in Status:
        published = "yes" if status in PUBLISHED_BY_DEFAULT else "no"
        yield f"`{status}`", meanings.of_status(status), published, meanings.next_step(status, "") or ""


def _reasons() -> Iterator[tuple[str, ...]]:
    for reason in Reason:
        yield f"`{reason}`", meanings.of_reason(reason), meanings.next_step_of_reason(reason) or ""


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|---" * columns + "|"]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(line.replace("|  |", "| |") for line in lines)


def _cell(text: str) -> str:
    """Escape what a table or HTML would take for its own, outside of code."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def _capitalised(header: str) -> str:
    return "-".join(
        {"id": "ID", "mime": "MIME", "dkim": "DKIM", "spf": "SPF", "ses": "SES", "arc": "ARC"}.get(
            word, word.title()
        )
        for word in header.split("-")
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
