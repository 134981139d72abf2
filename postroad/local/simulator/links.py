"""The links of a mail, and which of them SES would tell of. Pure.

Source: "Amazon SES email sending metrics FAQs", click tracking: SES rewrites http and https links of the HTML
part, and leaves alone those whose tag carries the attribute `ses:no-track`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from postroad.local.simulator.mail import Mail
from postroad.local.simulator.tags import Tag, read_tags

NO_TRACK = "ses:no-track"
_WEB = ("http://", "https://")
_TEXT_ALONE = "SES tracks links of HTML alone"
_IN_TEXT = re.compile(r"https?://[^\s<>\"'()\[\]{}]*[^\s<>\"'()\[\]{}.,;:!?]")


@dataclass(frozen=True, slots=True)
class Link:
    """One address that the mail links to: the words of its first link, and whether SES reports a click."""

    url: str
    text: str
    tracked: bool
    why_not: str = ""

    @property
    def on_the_web(self) -> bool:
        """Whether it leads to a page; other links open a mail program, a telephone or a place in the mail."""
        return self.url.lower().startswith(_WEB)


def links_of(mail: Mail) -> list[Link]:
    """List each address once, in the order of the mail; those of the text alone where there is no HTML."""
    return list(_by_url(mail.html, mail.text).values())


def untracked(mail: Mail, url: str) -> str:
    """Say why SES would not tell of a click on this link; empty if it would."""
    known = _by_url(mail.html, mail.text).get(url)
    if known is None:
        return "" if mail.html is not None else _TEXT_ALONE
    return known.why_not


@lru_cache(maxsize=16)  # a page asks again and again, and a scanner once for each link; a body never changes
def _by_url(html: str | None, text: str | None) -> Mapping[str, Link]:
    if html is None:
        found = dict.fromkeys(_IN_TEXT.findall(text or ""))
        return MappingProxyType({url: Link(url, "", tracked=False, why_not=_TEXT_ALONE) for url in found})
    by_url: dict[str, Link] = {}
    for url, words, marked in _anchors(html):
        known = by_url.get(url)
        if known is None or (not known.tracked and not marked):
            by_url[url] = _link(url, known.text if known else words, marked=marked)
    return MappingProxyType(by_url)


def _link(url: str, text: str, *, marked: bool) -> Link:
    if not url.lower().startswith(_WEB):
        return Link(url, text, tracked=False, why_not="SES tracks http and https alone")
    if marked:
        return Link(url, text, tracked=False, why_not=f"marked {NO_TRACK}")
    return Link(url, text, tracked=True)


def _anchors(html: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each link's address, its words, and whether it is marked; an unclosed one ends with the next."""
    opened: tuple[str, bool] | None = None
    words: list[str] = []
    for each in (*read_tags(html), Tag("/a")):
        if isinstance(each, str):
            words.append(each)
            continue
        if each.name == "img":
            words.append(each.attributes.get("alt", ""))
        if each.name not in {"a", "area", "/a"}:
            continue
        if opened is not None:
            yield opened[0], " ".join("".join(words).split()), opened[1]
        url = each.attributes.get("href", "").strip()
        marked = NO_TRACK in each.attributes
        opened, words = (url, marked) if each.name == "a" and url else None, []
        if each.name == "area" and url:
            yield url, each.attributes.get("alt", ""), marked
