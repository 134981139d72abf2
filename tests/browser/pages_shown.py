"""The states that the pages are looked at in: each kind, and what it says in the course of its life."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from postroad.web.answers import Kind
from tests.browser.site import SHOWN
from tests.web_world import TOPIC

_STANDS = ("topics", f"on:{TOPIC}", "language:es")
_WRONG = (
    "refused",
    "error:form",
    "error:topics",
    "error:pause",
    "error:language",
    "error:email",
    "error:name",
)
STATES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    **{kind.value: (kind, (f"on:{TOPIC}", "on:offers")) for kind in Kind},
    "preferences": (Kind.PREFERENCES, _STANDS),
    "preferences-unknown": (Kind.PREFERENCES, ("topics", "language:")),
    "preferences-saved": (
        Kind.PREFERENCES,
        (*_STANDS, "saved", f"began:{TOPIC}", "ended:offers", "language_now:es", "paused", "paused_now"),
    ),
    "preferences-back": (Kind.PREFERENCES, (*_STANDS, "saved", "unpaused_now", "nothing_now")),
    "preferences-left": (Kind.PREFERENCES, ("topics", "language:", "saved", "left_all", "left_all_now")),
    "preferences-refused": (Kind.PREFERENCES, (*_STANDS, *_WRONG)),
    **({"subscribe-refused": (Kind("subscribe"), _WRONG)} if "subscribe" in set(Kind) else {}),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One state in one language."""

    state: str
    locale: str

    def __str__(self) -> str:
        return f"{self.state}@{self.locale}"

    @property
    def path(self) -> str:
        kind, marks = STATES[self.state]
        query = [("lang", self.locale), *(("mark", mark) for mark in marks)]
        return f"/{SHOWN}/{kind.value}?{urlencode(query)}"
