"""Reads the tags of a mail's HTML, as far as finding its links takes. Pure.

Each character is looked at a few times at most: the standard library's parser takes minutes for what some
sender may have garbled, and the SES endpoint would wait with the inbox.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

_NAME = re.compile(r"</?([A-Za-z][^\s/>]{0,60})")
_QUOTE_OR_END = re.compile(r"=\s{0,20}([\"'])|>")
_ATTRIBUTE = re.compile(r"([^\s=\"'/<>]+)(?:\s{0,20}=\s{0,20}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
_NO_TAGS_WITHIN = frozenset(["script", "style", "title", "textarea"])


@dataclass(frozen=True, slots=True)
class Tag:
    """`name` in lower case, with "/" before it where the tag ends something."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_tags(html: str) -> Iterator[Tag | str]:
    """Yield tags and the text between them, in order; what never ends is left out, as browsers do."""
    lowered = html.lower()
    position = 0
    while (start := html.find("<", position)) >= 0:
        yield unescape(html[position:start])
        if html.startswith("<!--", start):
            end = html.find("-->", start)
            after = end + len("-->")
        elif found := _NAME.match(html, start):
            end = _end_of_tag(html, found.end())
            after = end + 1
            if end >= 0:
                tag = _tag(html[start:end], found)
                yield tag
                if tag.name in _NO_TAGS_WITHIN:
                    after = end = lowered.find(f"</{tag.name}", end)
        else:
            # A declaration, or a mere sign: "3 < 4".
            end = html.find(">", start) if html[start + 1 : start + 2] in {"!", "?", "/"} else start
            after = end + 1
        if end < 0:
            return
        position = after
    yield unescape(html[position:])


def _end_of_tag(html: str, position: int) -> int:
    """Find the ">" that ends a tag: not one within quotes. -1 if there is none."""
    while found := _QUOTE_OR_END.search(html, position):
        if found.group(1) is None:
            return found.start()
        position = html.find(found.group(1), found.end()) + 1
        if not position:
            break
    return -1


def _tag(text: str, found: re.Match[str]) -> Tag:
    name = found.group(0)[1:].lower()
    written = text[len(found.group(0)) :]
    attributes: dict[str, str] = {}
    for each in _ATTRIBUTE.finditer(written):
        value = next((group for group in each.groups()[1:] if group is not None), "")
        attributes.setdefault(each.group(1).lower(), unescape(value))
    return Tag(name, attributes)
