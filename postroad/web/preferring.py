"""The use case behind /p/<token>: somebody looks at what they chose, and chooses anew. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from postroad.contacts.model import Wishes
from postroad.errors import TransientError
from postroad.web.answers import Answer, Kind
from postroad.web.bearers import Bearers
from postroad.web.limits import (
    CHOOSING_BY_ADDRESS,
    CHOOSING_BY_MACHINE,
)
from postroad.web.preferences_form import Choice, read_choice
from postroad.web.token import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from postroad.contacts.model import Preferences
    from postroad.contacts.ports import Preferring
    from postroad.web.limits import Limits
    from postroad.web.mail_marks import MailMarks
    from postroad.web.pages import Pages
    from postroad.web.requests import Form, Visit
    from postroad.web.token import Grant
    from postroad.web.tokens import Tokens

SOURCE = "preferences:page"
"""Of what is changed here, as consent and suppression keep it."""


class PreferenceCentre:
    """Lets the bearer of a link choose what its address gets, in which language, and when."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        preferring: Preferring,
        marks: MailMarks,
        limits: Limits,
        pages: Pages,
        on_error: Callable[[BaseException], object],
    ) -> None:
        """Use these parts. `pages` know the topics and languages that can be chosen."""
        self._bearers = Bearers(tokens, limits)
        self._preferring = preferring
        self._marks = marks
        self._pages = pages
        self._on_error = on_error

    def look(self, visit: Visit, *, now: datetime) -> Answer:
        """Show what stands. Nothing changes: scanners open every link of every mail."""
        grant = self._bearers.granted(visit, Purpose.PREFERENCES, now=now)
        if isinstance(grant, Answer):
            return grant
        try:
            return self._shown(grant, self._preferring.preferences(grant.address_key, now=now))
        except TransientError as error:
            self._on_error(error)
            return Answer(Kind.TROUBLE, grant.topic)

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        """Save what a form says, and show what became of it. A form that is spoilt changes nothing."""
        choice = read_choice(form, topics=self._pages.topic_names, languages=self._pages.locales)
        if not isinstance(choice, Choice):
            answer = self.look(visit, now=now)
            if answer.kind is not Kind.PREFERENCES:
                return answer
            return replace(answer, marks=answer.marks | {"refused", *choice}, refused=True)
        grant = self._bearers.granted(visit, Purpose.PREFERENCES, now=now)
        if isinstance(grant, Answer):
            return grant
        if not self._bearers.may_act(
            visit, grant, by_machine=CHOOSING_BY_MACHINE, by_address=CHOOSING_BY_ADDRESS, now=now
        ):
            return Answer(Kind.BUSY, grant.topic)
        try:
            return self._save(visit, grant, choice, now)
        except TransientError as error:
            self._on_error(error)
            return Answer(Kind.TROUBLE, grant.topic)

    def _save(self, visit: Visit, grant: Grant, choice: Choice, now: datetime) -> Answer:
        before = self._preferring.preferences(grant.address_key, now=now)
        self._preferring.prefer(
            grant.address_key,
            self._wishes(choice, before, visit.locale, now),
            source=SOURCE,
            evidence=f"request {visit.request_id}" + (f", because: {choice.why}" if choice.why else ""),
            now=now,
        )
        after = self._preferring.preferences(grant.address_key, now=now)
        left = before.topics.get(grant.topic, False) and not after.topics.get(grant.topic, False)
        if left or (after.left_all and not before.left_all):
            # The mail that led here lost them. Those of other topics didn't.
            self._marks.note(visit, grant, left=True, now=now)
        shown = self._shown(grant, after)
        return replace(shown, marks=shown.marks | {"saved", *self._changes(before, after)})

    def _wishes(self, choice: Choice, before: Preferences, locale: str, now: datetime) -> Wishes:
        """Return what differs between what stands and what was chosen.

        A topic that the page showed as agreed to, and that was left by another way since, isn't agreed to
        anew: nobody said so. One that is not ticked is left even where nothing was agreed to, for producers
        may mail it all the same.
        """
        if choice.leave_all:
            return Wishes(leave_all=True)
        topics = {topic: True for topic in choice.ticked_anew if not before.topics.get(topic, False)}
        if not before.left_all or topics:
            topics |= dict.fromkeys(choice.not_ticked, False)
        return Wishes(
            topics=topics,
            locale=choice.language,
            pause_until=now + timedelta(days=choice.pause_days) if choice.pause_days else None,
            unpause=choice.unpause,
            terms={topic: self._pages.terms(topic, locale) for topic, yes in topics.items() if yes},
        )

    def _shown(self, grant: Grant, stands: Preferences) -> Answer:
        marks = {f"on:{topic}" for topic, on in stands.topics.items() if on}
        marks.add(f"language:{self._pages.known(stands.locale)}")
        if stands.topics:
            marks.add("topics")
        if stands.left_all:
            marks.add("left_all")
        if stands.paused_until:
            marks.add("paused")
        day = stands.paused_until.astimezone(UTC).date() if stands.paused_until else None
        return Answer(Kind.PREFERENCES, grant.topic, frozenset(marks), day)

    def _changes(self, before: Preferences, after: Preferences) -> Iterator[str]:
        """Name what has changed, or that nothing has."""
        if after.left_all and not before.left_all:
            yield "left_all_now"
            return
        found: list[str] = []
        for topic, on in after.topics.items():
            if on is not before.topics.get(topic, False):
                found.append(f"began:{topic}" if on else f"ended:{topic}")
        if after.locale != before.locale:
            found.append(f"language_now:{self._pages.known(after.locale)}")
        if after.paused_until != before.paused_until:
            found.append("paused_now" if after.paused_until else "unpaused_now")
        yield from found or ["nothing_now"]
