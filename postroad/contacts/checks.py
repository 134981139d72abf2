"""What a contact's fields may hold. Pure."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from postroad.contacts.errors import ContactError
from postroad.contract.locale import LOCALE_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.contacts.model import AttributeValue

MOST_OF_A_NAME = 200
MOST_OF_A_SOURCE = 200
MOST_OF_A_TEXT = 1_000
"""Characters of an attribute, of a purpose and of evidence."""
MOST_IN_A_LIST = 50
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LOCALE = re.compile(LOCALE_PATTERN)
_LARGEST = 2**53
"""Beyond it, programs that read JSON round whole numbers (RFC 8259, section 6)."""


def check_text(field: str, text: str, most: int = MOST_OF_A_TEXT) -> str:
    """Return one line of text without the blanks around it."""
    text = text.strip()
    if len(text) > most:
        raise ContactError(field, f"it has {len(text):,} characters", f"shorten it to {most:,} at most")
    if not text.isprintable():
        raise ContactError(field, "it holds a line break or a control character", "write it on one line")
    return text


def check_locale(locale: str) -> str:
    """Return a BCP 47 tag, or nothing for nothing."""
    if locale and not _LOCALE.match(locale):
        raise ContactError("locale", "it is no language tag (BCP 47)", "write it like es or zh-Hans-CN")
    return locale


def check_time_zone(name: str) -> str:
    """Return a name of the IANA database, or nothing for nothing."""
    if name and name not in _zones():
        raise ContactError("time_zone", "it is no time zone that is known", "write it like Europe/Madrid")
    return name


def check_attribute(name: str, value: object) -> AttributeValue | None:
    """Return what an attribute is to be, None to forget it."""
    field = f"attributes.{name}"
    if not _ATTRIBUTE.fullmatch(name):
        raise ContactError(
            "attributes",
            "an attribute's name is not one",
            "begin it with a letter; then letters, digits and _, 64 at most",
        )
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= _LARGEST:
            return value
        case float() if isfinite(value):
            return value
        case str():
            return _attribute_text(field, value)
        case list() if len(value) <= MOST_IN_A_LIST and all(isinstance(each, str) for each in value):
            return tuple(_attribute_text(field, each) for each in value)
    raise ContactError(
        field,
        "it is no text, number, true, false, or list of texts",
        f"write one of these; numbers up to 2^53, lists of up to {MOST_IN_A_LIST}",
    )


def check_attributes(attributes: Mapping[str, object]) -> dict[str, AttributeValue | None]:
    """Return what the attributes are to be."""
    return {name: check_attribute(name, value) for name, value in attributes.items()}


def _attribute_text(field: str, text: str) -> str:
    """Return a text as it is: line breaks are part of some, other control characters of none."""
    if len(text) > MOST_OF_A_TEXT:
        raise ContactError(field, f"it has {len(text):,} characters", f"shorten it to {MOST_OF_A_TEXT:,}")
    if not all(letter.isprintable() or letter in "\t\r\n" for letter in text):
        raise ContactError(field, "it holds a control character", "leave that out")
    return text


_known: frozenset[str] = frozenset()


def _zones() -> frozenset[str]:
    global _known  # noqa: PLW0603 - reads some hundred files, so once and only when it is asked for
    if not _known:
        _known = frozenset(available_timezones())
    return _known
