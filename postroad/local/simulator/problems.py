"""Errors of what a person or a program asked for: they name the field, and list what it takes. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

import msgspec

_AT = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_VALUE = re.compile(r"Invalid (?:enum )?value (?P<value>.*)$")

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


def one_of(field: str, text: str, known: type[E], *others: str) -> E:
    """Read a word; raises ValueError naming the field and every word that it takes (`others` among them)."""
    try:
        return known(text)
    except ValueError:
        words = ", ".join([*(each.value for each in known), *others])
        raise ValueError(f"{field}: {text[:100]!r} is none of {words}") from None


def read_json(body: bytes, kind: type[T]) -> T:
    """Read a body as this struct; raises ValueError naming the field and what it takes."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise ValueError(explained(str(why), kind)) from why


def convert(found: object, kind: type[T], *, strict: bool = True) -> T:
    """Turn a dictionary into this struct; raises ValueError as `read_json` does."""
    try:
        return msgspec.convert(found, kind, strict=strict)
    except msgspec.ValidationError as why:
        raise ValueError(explained(str(why), kind)) from why


def explained(text: str, kind: type) -> str:
    """Begin msgspec's message with the field's name, and end it with what the field takes."""
    if unknown := _UNKNOWN_FIELD.search(text):
        return f"{unknown['name']}: no such field; there are {', '.join(_fields(kind))}"
    place = _AT.search(text)
    path = place["path"] if place else ""
    what = _AT.sub("", text)
    if (value := _VALUE.match(what)) and (words := _words(kind, path)):
        what = f"{value['value']} is none of {', '.join(words)}"
    return f"{path}: {what}" if path else f"The body can't be read: {what}"


def _fields(kind: type) -> Iterable[str]:
    return [each.encode_name for each in msgspec.structs.fields(kind)]


def _words(kind: type, path: str) -> list[str]:
    field = re.split(r"[.\[]", path)[0]
    found = next((each.type for each in msgspec.structs.fields(kind) if each.encode_name == field), None)
    return [] if found is None else sorted(_words_of(msgspec.inspect.type_info(found)))


def _words_of(kind: msgspec.inspect.Type) -> list[str]:
    match kind:
        case msgspec.inspect.EnumType():
            return [str(each.value) for each in kind.cls]
        case msgspec.inspect.LiteralType():
            return [str(each) for each in kind.values]
        case msgspec.inspect.SetType() | msgspec.inspect.FrozenSetType():
            return _words_of(kind.item_type)
        case msgspec.inspect.Metadata():
            return _words_of(kind.type)
    return []
