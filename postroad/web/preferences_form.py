"""The preference centre's form: what it says, or what is wrong with it. Pure.

do          save, or leave for everything (the buttons' values)
on, off     each topic that the page showed, by how it stood then
topic       each topic that is ticked
language    one of ours, or empty; was_language is what the page showed
pause       30, 60 or 90 days; end; or empty, for what stands
reason      one of `Why`, or empty
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.web.answers import Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from postroad.web.requests import Form

PAUSES = (30, 60, 90)
"""Days."""
_SINGLE = ("do", "language", "was_language", "pause", "reason")
_PAUSE = frozenset({"", "end", *map(str, PAUSES)})
_DO = frozenset({"save", "leave"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose. `language` is None where they left it as it was."""

    leave_all: bool
    ticked_anew: tuple[str, ...] = ()
    not_ticked: tuple[str, ...] = ()
    language: str | None = None
    pause_days: int = 0
    unpause: bool = False
    why: Why | None = None


def read_choice(
    form: Form | None, *, topics: Collection[str], languages: Collection[str]
) -> Choice | frozenset[str]:
    """Return what a form says, or the marks of what is wrong with it: then nothing of it counts."""
    if form is None or form.one("do") not in _DO or any(len(form.all(name)) > 1 for name in _SINGLE):
        return frozenset({"error:form"})
    reason = form.one("reason")
    why = Why(reason) if reason in set(Why) else None
    if form.one("do") == "leave":
        return Choice(leave_all=True, why=why)
    if wrong := frozenset(_wrong(form, topics, languages)):
        return wrong
    ticked = form.all("topic")
    language, pause = form.one("language"), form.one("pause")
    return Choice(
        leave_all=False,
        ticked_anew=tuple(topic for topic in form.all("off") if topic in ticked),
        not_ticked=tuple(topic for topic in (*form.all("on"), *form.all("off")) if topic not in ticked),
        language=language if language and language != form.one("was_language") else None,
        pause_days=int(pause) if pause.isdecimal() else 0,
        unpause=pause == "end",
        why=why,
    )


def _wrong(form: Form, topics: Collection[str], languages: Collection[str]) -> Iterator[str]:
    shown = (*form.all("on"), *form.all("off"))
    ticked = form.all("topic")
    # A page may be older than the last deployment: then its list isn't what there is to choose from.
    if set(shown) != set(topics) or len(shown) != len(topics) or not set(ticked) <= set(shown):
        yield "error:topics"
    if form.one("language") not in {"", *languages}:
        yield "error:language"
    if form.one("pause") not in _PAUSE:
        yield "error:pause"
