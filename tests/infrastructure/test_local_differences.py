"""The local stage deploys what production deploys, but for what docs/reference/local.md lists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.infrastructure.templates import Stacks, as_list

PAGE = Path("docs/reference/local.md")
ABSENT = "(absent)"


def comparable(template: dict[str, Any], stage: str) -> dict[str, Any]:
    """Return a template without what tells stages apart by name alone."""
    text = json.dumps(template)
    text = text.replace(f"postroad{stage}", "postroadstage").replace(f"postroad-{stage}", "postroad-stage")
    text = re.sub(rf"(?<=[/ \"]){stage}(?=[/ \":.\\])", "stage", text)  # also in strings of JSON
    # Some logical ids hold the stack's name, and hashes of paths with that name in them.
    text = re.sub(
        r'"\w*postroadstage\w*"', lambda logical_id: re.sub(r"[0-9A-F]{8}", "", logical_id.group()), text
    )
    found: dict[str, Any] = json.loads(text)
    assert len(found["Resources"]) == len(template["Resources"])
    return found


def differences(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401  any JSON
    """Yield the paths at which two templates differ."""
    one, other = by_action(one), by_action(other)
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            missing: Any = {} if not path else ABSENT  # a whole section may be missing
            yield from differences(one.get(key, missing), other.get(key, missing), (*path, key))
    elif one != other:
        yield path


def by_action(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Turn a list of IAM statements into a mapping by their first action, so that each is compared alone."""
    if not isinstance(value, list) or not all(isinstance(item, dict) and "Action" in item for item in value):
        return value
    found: dict[str, Any] = {}
    for statement in value:
        action = as_list(statement["Action"])[0]
        alike = sum(key.split("#")[0] == action for key in found)
        found[f"{action}#{alike}" if alike else action] = statement
    return found


def named(path: tuple[str, ...], *templates: dict[str, Any]) -> str:
    """Write a path with the type of a resource instead of its logical id."""
    section, logical_id, *rest = path
    if section != "Resources":
        return ".".join(path)
    kind = next(
        template["Resources"][logical_id]["Type"]
        for template in templates
        if logical_id in template["Resources"]
    )
    return " ".join([kind, ".".join(rest)]).strip()


def found(prod: Stacks, local: Stacks) -> set[str]:
    paths = set()
    for deployed, emulated in zip(prod.templates, local.templates, strict=True):
        one, other = comparable(deployed, "prod"), comparable(emulated, "local")
        paths |= {named(path, one, other) for path in differences(one, other)}
    return paths


def listed() -> dict[str, str]:
    """Return the templates' differences that the page lists, each with its reason."""
    section = PAGE.read_text(encoding="utf-8").partition("## In the templates\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {place.strip("`"): reason for places, _, reason in rows for place in places.split("<br>")}


def test_the_page_lists_every_difference_and_no_other(prod: Stacks, local: Stacks) -> None:
    assert found(prod, local) == set(listed())


def test_every_difference_has_its_reason() -> None:
    assert listed()
    assert all(len(reason) > 20 for reason in listed().values())
