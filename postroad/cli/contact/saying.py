"""What is said of one contact, read from words: topics, cells and JSON values. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from postroad.cli.lists.times import NoTimeError, read_time
from postroad.contacts.checks import check_text
from postroad.contacts.errors import ContactError
from postroad.contacts.model import ConsentStatus, NewConsent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.configuration.topics import Topic
    from postroad.contacts.model import NewContact

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Said:
    """One contact, and the topics that it left, which only `Leaving` may write. `row` is for reports."""

    row: int
    contact: NewContact
    left: tuple[NewConsent, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What goes with each consent of a row that doesn't say it itself."""

    source: str
    evidence: str
    purpose: str = ""
    wording: str = ""
    ip: str = ""


class Topics:
    """Reads which topics somebody agreed to, or left."""

    def __init__(self, topics: Mapping[str, Topic], now: datetime) -> None:
        """Know these topics; nobody agreed to anything after `now`."""
        self._topics = topics
        self._now = now

    def words(self, text: str, about: About) -> tuple[NewConsent, ...]:
        """Read `offers product_updates=granted follow_ups=withdrawn@2026-11-22T14:03:11Z`."""
        consents = []
        for word in filter(None, _BETWEEN.split(text)):
            name, _, rest = word.partition("=")
            status, _, at = rest.partition("@")
            consents.append(self.one(name, {"status": status, "at": at}, about))
        return tuple(consents)

    def one(self, name: str, facts: Mapping[str, object], about: About) -> NewConsent:
        """Read one topic's consent; what `facts` don't hold is as the topic and `about` say."""
        topic = self._topics.get(name)
        if topic is None:
            known = ", ".join(self._topics) or "none"
            raise ContactError("topics", f"there is no topic {name[:64]!r}", f"write one of: {known}")
        texts = {key: str(value) for key, value in facts.items() if value not in {None, ""}}
        unknown = texts.keys() - {"status", "at", "source", "purpose", "wording", "evidence", "ip"}
        if unknown:
            raise ContactError("topics", f"{min(unknown)[:64]!r} says nothing about consent", "leave it out")
        return NewConsent(
            topic=name,
            status=self._status(texts, topic),
            at=self._time(texts["at"]) if "at" in texts else None,
            source=check_text("source", texts.get("source", about.source)),
            purpose=check_text("purpose", texts.get("purpose", about.purpose)),
            wording=check_text("wording", texts.get("wording", about.wording)),
            evidence=check_text("evidence", texts.get("evidence", about.evidence)),
            ip=check_text("ip", texts.get("ip", about.ip), 45),
        )

    def _status(self, texts: Mapping[str, str], topic: Topic) -> ConsentStatus:
        if "status" not in texts:
            return ConsentStatus.GRANTED if topic.opt_in == "single" else ConsentStatus.PENDING
        try:
            return ConsentStatus(texts["status"])
        except ValueError:
            known = ", ".join(ConsentStatus)
            raise ContactError("topics", "this is no status of consent", f"write one of: {known}") from None

    def _time(self, text: str) -> datetime:
        try:
            at = read_time(text)
        except NoTimeError as error:
            raise ContactError("topics", "this is no time", "write it as 2026-11-22T14:03:11Z") from error
        if at > self._now:
            raise ContactError("topics", "a consent is in the future", "correct the time, or leave it out")
        return at


def apart(consents: Sequence[NewConsent]) -> tuple[tuple[NewConsent, ...], tuple[NewConsent, ...]]:
    """Return what was agreed to, and what was left; raises ContactError for a topic that is named twice."""
    if len({each.topic for each in consents}) < len(consents):
        raise ContactError(
            "topics", "a topic is named twice", "name each topic once, with what was said last"
        )
    left = tuple(each for each in consents if each.status is ConsentStatus.WITHDRAWN)
    return tuple(each for each in consents if each.status is not ConsentStatus.WITHDRAWN), left


def attribute_of(cell: str) -> object:
    """Read a cell: a number, true, false, a list or a quoted text as JSON has them; anything else as text."""
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    if isinstance(value, dict) or value is None or (isinstance(value, float) and not isfinite(value)):
        return cell
    return value


def attribute_cell(value: object) -> str:
    """Write a cell that `attribute_of` reads as the same value."""
    if isinstance(value, str) and attribute_of(value) == value and value.strip() == value:
        return value
    return json.dumps(value, ensure_ascii=False)
