"""What a reader asks to see: filters, the place in the list, and how a mail is shown. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from postroad.contract.words import Status
from postroad.names import LOCAL_STAGE, resource_name

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 200
PAGE_SIZE = 50
_PREFIX = resource_name(LOCAL_STAGE, "")
_OFFSET = re.compile(r"[0-9]{1,9}")


class Part(StrEnum):
    """What of a mail is shown."""

    HTML = "html"
    TEXT = "text"
    HEADERS = "headers"
    SOURCE = "source"
    ATTACHMENTS = "attachments"
    EVENTS = "events"
    LINKS = "links"


def stream_of(configuration_set: str) -> str:
    """Return the stream that a configuration set belongs to: `postroad-local-marketing` is `marketing`'s."""
    return configuration_set.removeprefix(_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The query of a page. Empty texts filter nothing; `part` empty is the first that the mail has."""

    words: str = ""
    stream: str = ""
    template: str = ""
    status: Status | None = None
    to: str = ""
    offset: int = 0
    part: Part | None = None
    width: str = ""
    scheme: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """Read a query; what it does not understand is left out, so that an old link still works."""

        def text(name: str) -> str:
            return query.get(name, "").strip()[:LONGEST]

        offset = text("offset")
        return cls(
            words=text("q"),
            stream=text("stream"),
            template=text("template"),
            status=next((each for each in Status if each == text("status")), None),
            to=text("to"),
            offset=int(offset) if _OFFSET.fullmatch(offset) else 0,
            part=next((each for each in Part if each == text("part")), None),
            width="phone" if text("width") == "phone" else "",
            scheme="dark" if text("scheme") == "dark" else "",
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, by the name of their parameter."""
        named = {
            "q": self.words,
            "stream": self.stream,
            "template": self.template,
            "status": self.status.value if self.status else "",
            "to": self.to,
        }
        return {name: value for name, value in named.items() if value}

    def query(self, **changes: object) -> str:
        """Write the query with some fields changed: "" or "?q=…"."""
        changed = replace(self, **changes)  # type: ignore[arg-type]  # templates name fields by keyword
        shown = {
            "offset": str(changed.offset or ""),
            "part": str(changed.part or ""),
            "width": changed.width,
            "scheme": changed.scheme,
        }
        pairs = {**changed.filters, **{name: value for name, value in shown.items() if value}}
        return "?" + urlencode(pairs) if pairs else ""


def contains(wanted: str, *searched: str) -> bool:
    """Whether each word stands somewhere in the texts, whatever the case."""
    text = " ".join(searched).casefold()
    return all(word in text for word in wanted.casefold().split())


def page_start(offset: int, total: int) -> int:
    """Return where the page begins that holds this place; the last page for a place past the end."""
    return min(offset, max(0, total - 1)) // PAGE_SIZE * PAGE_SIZE
