"""The pages as the build wrote them: which locale, and which of their pieces stand. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.rendering.locales import choose_locale
from postroad.web.cutting import stands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from postroad.web.answers import Answer
    from postroad.web.cutting import Piece

_MOST_LANGUAGES = 10


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages in all locales, the default first. `policy` is their Content-Security-Policy."""

    locales: Sequence[str]
    policy: str
    pages: Mapping[str, Mapping[str, Sequence[Piece]]]
    topics: Mapping[str, Mapping[str, str]]
    likely_subtags: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> Pages:
        """Read what `postroad.web.building.build_pages` wrote."""
        return cls(**json.loads(file.read_text("utf-8")))

    def page(self, answer: Answer, locale: str) -> str:
        """Return the HTML of an answer. A topic that is not configured is "mails like this one"."""
        names = self.topics[locale]
        places = {"": "", "topic": names.get(answer.topic, names[""])}
        pieces = self.pages[locale][answer.kind.value]
        return "".join(html + places[place] for when, html, place in pieces if stands(when, answer.marks))

    def locale(self, wanted: str, accepted: str) -> str:
        """Return the locale asked for (`?lang=`), else the first of Accept-Language that there is."""
        for tag in (wanted, *_preferred(accepted)):
            choice = choose_locale(tag, self.locales, self.locales[0], self.likely_subtags)
            if tag and not choice.note:
                return choice.texts
        return self.locales[0]


def _preferred(accepted: str) -> Iterator[str]:
    """Yield the tags of Accept-Language, best first: RFC 9110, section 12.5.4."""
    weighed: list[tuple[float, str]] = []
    for part in accepted.split(",")[:_MOST_LANGUAGES]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0 and tag.strip() != "*":
            weighed.append((-quality, tag.strip()))
    yield from (tag for _, tag in sorted(weighed, key=lambda each: each[0]))
