"""What a mail's HTML holds, as a program reads it: its preheader, links, images and text."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
# Keeps what follows out of the preview; no client shows it. See the layout.
_FILLER = re.compile("[\\s\u034f\u00a0\u200b-\u200d\ufeff]+")
_UNTRACKED = "ses:no-track"


@dataclass(slots=True)
class Link:
    """An `<a>`. `label` is what stands in it, images by their alternative text."""

    href: str
    tracked: bool
    label: str = ""


@dataclass(slots=True)
class Image:
    """An `<img>`; None stands for an attribute that is missing."""

    src: str
    alt: str | None
    width: str | None
    height: str | None
    decorative: bool


@dataclass(slots=True)
class Page:
    """What `read` found. `preheader` is the body's hidden beginning: an inbox shows it beside the subject."""

    preheader: str = ""
    links: list[Link] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)


def read(html: str) -> Page:
    """Read a rendered HTML part."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.preheader = _FILLER.sub(" ", reader.page.preheader).strip()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []
        self._link: Link | None = None
        # How many elements are open around the hidden one; None where we are outside of it.
        self._hidden: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        style = re.sub(r"\s", "", given.get("style") or "").lower()
        if self._hidden is None and not self.page.preheader and "display:none" in style:
            self._hidden = len(self._open)
        if tag == "a":
            self._link = Link(given.get("href") or "", tracked=_UNTRACKED not in given)
            self.page.links.append(self._link)
        if tag == "img":
            decorative = given.get("role") == "presentation"
            alt = given["alt"] or "" if "alt" in given else None
            image = Image(given.get("src") or "", alt, given.get("width"), given.get("height"), decorative)
            self.page.images.append(image)
            if self._link is not None:
                self._link.label += alt or ""
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if self._hidden is not None and len(self._open) <= self._hidden:
            self._hidden = None

    def handle_data(self, data: str) -> None:
        if self._hidden is not None:
            self.page.preheader += data
        if self._link is not None:
            self._link.label += data
