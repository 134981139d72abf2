"""What the pages call topics: names, descriptions, and versions of both. Runs where the pages are built."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from postroad.web.pages import Rule

    Topics = Mapping[str, Mapping[str, tuple[str, str]]]
    """Each topic's name and description by locale, `en` at least."""

_FALLBACK = "en"


def topic_texts(file: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Return each topic's name and description by locale, as config/topics.toml has them."""
    if not file.is_file():
        return {}
    topics = tomllib.loads(file.read_text("utf-8")).get("topics", {})
    return {
        topic: {
            locale: (name, facts.get("descriptions", {}).get(locale, ""))
            for locale, name in facts["names"].items()
        }
        for topic, facts in topics.items()
    }


def topic_rules(file: Path) -> dict[str, Rule]:
    """Return what else the pages know of each topic, as config/topics.toml has it."""
    if not file.is_file():
        return {}
    topics = tomllib.loads(file.read_text("utf-8")).get("topics", {})
    return {
        topic: {
            "stream": facts["stream"],
            "opt_in": facts["opt_in"],
            "keep_ip": facts.get("keep_ip", False),
            "names": facts["names"],
        }
        for topic, facts in topics.items()
    }


def described(topics: Topics, locale: str, unnamed: str) -> dict[str, Markup]:
    """Return each topic as HTML, and under the empty name `unnamed`, for one that is not configured."""
    found = {"": _named(unnamed, "")}
    for topic, texts in topics.items():
        found[topic] = _named(*_texts(texts, locale))
    return found


def names(topics: Topics, locale: str) -> dict[str, Markup]:
    """Return each topic's name alone, for sentences."""
    return {
        topic: Markup("<bdi>{}</bdi>").format(_texts(texts, locale)[0]) for topic, texts in topics.items()
    }


def wordings(topics: Topics, locale: str, consent: str) -> dict[str, str]:
    """Return the version of what a page says that a topic is, and of the sentence about agreeing to it.

    Another name, description or sentence is another version.
    """
    return {
        topic: f"{locale}-{sha256(json.dumps([*_texts(texts, locale), consent]).encode()).hexdigest()[:12]}"
        for topic, texts in topics.items()
    }


def _texts(texts: Mapping[str, tuple[str, str]], locale: str) -> tuple[str, str]:
    return texts[locale] if locale in texts else texts[_FALLBACK]


def _named(name: str, description: str) -> Markup:
    html = Markup('<bdi class="name">{}</bdi>').format(name)
    if description:
        html += Markup('<bdi class="description">{}</bdi>').format(description)
    return html
