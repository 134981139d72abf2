"""DynamoDB's values as they travel (`{"S": "text"}`): compared, added, found by their path. Pure."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]


class RequestError(Exception):
    """The request can't be understood: DynamoDB's ValidationException."""


def number(value: Value) -> Decimal:
    """Return a number's value; anything else is refused."""
    if "N" not in value:
        raise RequestError("an operand in the expression has an incorrect data type")
    return Decimal(value["N"])


def make_number(amount: Decimal) -> Value:
    """Write a number as DynamoDB does: plainly, without zeros at the end."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return {"N": text}


def order(value: Value) -> Any:  # noqa: ANN401 - a string, a number or bytes
    """Return what a value is compared by."""
    if "N" in value:
        return number(value)
    if "B" in value:
        return base64.b64decode(value["B"])
    return value.get("S")


def same(one: Value | None, other: Value | None) -> bool:
    """Compare two values; what isn't there equals nothing."""
    if one is None or other is None:
        return False
    if "N" in one and "N" in other:
        return number(one) == number(other)
    return one == other


def find(item: Item, path: tuple[str, ...]) -> Value | None:
    """Return what lies under a path of names, through maps."""
    found = item.get(path[0])
    for name in path[1:]:
        found = (found or {}).get("M", {}).get(name)
    return found


def place(item: Item, path: tuple[str, ...], value: Value | None) -> None:
    """Put a value under a path, or take away what lies there."""
    inside = item
    for name in path[:-1]:
        if name not in inside or "M" not in inside[name]:
            raise RequestError("the document path provided in the update expression is invalid for update")
        inside[name] = {"M": dict(inside[name]["M"])}
        inside = inside[name]["M"]
    if value is None:
        inside.pop(path[-1], None)
    else:
        inside[path[-1]] = value
