"""The links of a mail, and which of them SES would tell of. Pure.

Source: "Amazon SES email sending metrics FAQs", click tracking: SES rewrites http and https links of the HTML
part, and leaves alone those whose tag carries the attribute `ses:no-track`.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from postroad.local.simulator.mail import Mail

NO_TRACK = "ses:no-track"
_WEB = ("http://", "https://")
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
    if mail.html is None:
        found = dict.fromkeys(_IN_TEXT.findall(mail.text or ""))
        return [Link(url, "", tracked=False, why_not="SES tracks links of HTML alone") for url in found]
    reader = _Reader()
    reader.feed(mail.html)
    reader.close()
    by_url: dict[str, Link] = {}
    for url, text, marked in reader.found:
        known = by_url.get(url)
        if known is None or (not known.tracked and not marked):
            by_url[url] = _link(url, known.text if known else text, marked=marked)
    return list(by_url.values())


def untracked(mail: Mail, url: str) -> str:
    """Say why SES would not tell of a click on this link; empty if it would."""
    known = {each.url: each for each in links_of(mail)}
    if url not in known:
        return "" if mail.html is not None else "SES tracks links of HTML alone"
    return known[url].why_not


def _link(url: str, text: str, *, marked: bool) -> Link:
    if not url.lower().startswith(_WEB):
        return Link(url, text, tracked=False, why_not="SES tracks http and https alone")
    if marked:
        return Link(url, text, tracked=False, why_not=f"marked {NO_TRACK}")
    return Link(url, text, tracked=True)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, bool]] = []
        self._open: tuple[str, bool] | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and self._open is not None:
            self._words.append(given.get("alt") or "")
        if tag not in {"a", "area"} or not (given.get("href") or "").strip():
            return
        self.handle_endtag("a")  # an unclosed one ends where the next begins
        link = ((given["href"] or "").strip(), NO_TRACK in given)
        if tag == "area":
            self.found.append((link[0], given.get("alt") or "", link[1]))
        else:
            self._open, self._words = link, []

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            url, marked = self._open
            self.found.append((url, " ".join("".join(self._words).split()), marked))
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self.handle_endtag("a")
