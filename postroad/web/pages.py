"""The pages as the build wrote them: which locale, and which of their pieces stand. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from postroad.contacts.model import TopicTerms
from postroad.rendering.locales import choose_locale
from postroad.web.cutting import stands
from postroad.web.mail_marks import named
from postroad.web.requests import MESSAGE_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from postroad.web.answers import Answer
    from postroad.web.cutting import Piece

_MOST_LANGUAGES = 10
_FALLBACK = "en"


class Rule(TypedDict):
    """A topic's stream, how it is joined ("single" or "double"), and its names by locale, `en` at least.

    `keep_ip`: the records of consent hold the IP address.
    """

    stream: str
    opt_in: str
    keep_ip: bool
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages in all locales, the default first. `policy` is their Content-Security-Policy.

    `topics` are the topics' names and descriptions as HTML, `wordings` the versions of both, `rules` what
    else is known of them, and `days` how a day of each month is written.
    """

    locales: Sequence[str]
    policy: str
    pages: Mapping[str, Mapping[str, Sequence[Piece]]]
    topics: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, Rule]
    wordings: Mapping[str, Mapping[str, str]]
    days: Mapping[str, Sequence[str]]
    likely_subtags: Mapping[str, str]
    styles: str = ""

    @classmethod
    def read(cls, file: Path) -> Pages:
        """Read what `postroad.web.building.build_pages` wrote."""
        return cls(**json.loads(file.read_text("utf-8")))

    def page(self, answer: Answer, locale: str, message_id: str = "") -> str:
        """Return the HTML of an answer. A topic that is not configured is "mails like this one".

        Links to the page in other languages name the mail that led here, where it has an id as ours are.
        """
        names = self.topics[locale]
        places = {
            "": "",
            "styles": self.styles,
            "topic": names.get(answer.topic, names[""]),
            "day": self._day(answer.day, locale),
            "mail": f"&amp;{MESSAGE_PARAMETER}={mail}" if (mail := named(message_id)) else "",
        }
        pieces = self.pages[locale][answer.kind.value]
        return "".join(html + places[place] for when, html, place in pieces if stands(when, answer.marks))

    @property
    def topic_names(self) -> list[str]:
        """Return the names of the topics that are configured, as messages use them."""
        return [topic for topic in self.topics[self.locales[0]] if topic]

    @property
    def stream_of_topic(self) -> dict[str, str]:
        """Return each configured topic's stream."""
        return {topic: rule["stream"] for topic, rule in self.rules.items()}

    def terms(self, topic: str, locale: str) -> TopicTerms:
        """Return what a page in this locale tells of a topic, for the record of consent."""
        rule = self.rules[topic]
        return TopicTerms(
            wording=self.wordings[locale][topic],
            purpose=rule["names"][_FALLBACK],
            keep_ip=rule["keep_ip"],
            double=rule["opt_in"] == "double",
        )

    def named(self, topic: str, locale: str) -> str:
        """Return a topic's name in this locale, or in English, as plain text."""
        names = self.rules[topic]["names"]
        return names.get(locale) or names[_FALLBACK]

    def known(self, locale: str) -> str:
        """Return which of our locales serves somebody of this one, or "" where none does."""
        if not locale:
            return ""
        choice = choose_locale(locale, self.locales, self.locales[0], self.likely_subtags)
        return "" if choice.note else choice.texts

    def locale(self, wanted: str, accepted: str) -> str:
        """Return the locale asked for (`?lang=`), else the first of Accept-Language that there is."""
        for tag in (wanted, *_preferred(accepted)):
            if known := self.known(tag):
                return known
        return self.locales[0]

    def _day(self, day: date | None, locale: str) -> str:
        return self.days[locale][day.month - 1].format(year=day.year, day=day.day) if day else ""


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
