"""The JSON Schema of journeys, by which editors complete and check them. Runs where journeys are built.

`python -m postroad.journey_files.schema [folder]` writes it; a test holds the committed file to it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postroad.journey_files.definition import STEPS, BranchStep, Head, If, Share, WaitForStep

if TYPE_CHECKING:
    from pydantic import BaseModel

JOURNEY_SCHEMA = "postroad.journey.v1"
FOLDER = Path("docs/reference")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LIST = {"type": "array", "items": {"$ref": "#/$defs/Step"}}
_NESTED: dict[type[BaseModel], tuple[str, ...]] = {
    Head: ("steps",),
    WaitForStep: ("then", "otherwise"),
    BranchStep: ("otherwise",),
    If: ("steps",),
    Share: ("steps",),
}


def journey_schema() -> dict[str, Any]:
    """Return the schema of a file. It refuses nothing that the build accepts; the build refuses more."""
    kinds = list(dict.fromkeys(STEPS.values()))
    definitions: dict[str, Any] = {}
    for model in (Head, *kinds):
        found = model.model_json_schema()
        definitions |= found.pop("$defs", {})
        definitions[model.__name__] = found
    for nested, keys in _NESTED.items():
        for key in keys:
            properties = definitions[nested.__name__]["properties"]
            properties[key] = {"description": properties[key].get("description", ""), **_LIST}
    definitions["WaitStep"]["anyOf"] = [{"required": ["wait"]}, {"required": ["until"]}]
    definitions["Step"] = {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds]}
    head = definitions.pop("Head")
    title = {"$schema": _DIALECT, "$id": "urn:postroad:journey:v1", "title": JOURNEY_SCHEMA}
    return {**title, **_plain({**head, "title": JOURNEY_SCHEMA, "$defs": dict(sorted(definitions.items()))})}


def _plain(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Turn our own word for what is expected into one that editors show; leave out titles made of names."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _plain(value)
        for key, value in schema.items()
        if key != "expected" and not (key == "title" and isinstance(value, str) and "." not in value)
    }
    if expected := schema.get("expected"):
        plain["description"] = f"{schema['description']} " if "description" in schema else ""
        plain["description"] += f"Expected: {expected}."
    return plain


def text() -> str:
    """Return the text of the committed file."""
    return json.dumps(journey_schema(), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write it into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{JOURNEY_SCHEMA}.schema.json").write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
