"""Everything that the pages work with, in memory: one address, with its links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact
from postroad.suppression.memory import MemorySuppressions
from postroad.web.limits import Limits
from postroad.web.mail_marks import MailMarks
from postroad.web.memory import MemoryCounters, MemoryMarks
from postroad.web.preferring import PreferenceCentre
from postroad.web.requests import Form, Route, Visit
from postroad.web.token import Grant, Purpose, make_token
from postroad.web.tokens import Tokens
from postroad.web.website import Website
from tests.web_world import ADDRESS, EMAIL, NOON, RING, TOPIC, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Preferences
    from postroad.contacts.ports import Preferring
    from postroad.web.answers import Answer
    from postroad.web.pages import Pages, Rule
    from postroad.web.ports import Counters


def rules_of(topics: Mapping[str, Mapping[str, tuple[str, str]]]) -> dict[str, Rule]:
    """Return the rules of these topics: all of marketing, and joined at one's word."""
    return {
        topic: {
            "stream": "marketing",
            "opt_in": "single",
            "keep_ip": False,
            "names": {locale: name for locale, (name, _) in texts.items()},
        }
        for topic, texts in topics.items()
    }


class PreferencesWorld:
    """One address; nothing is known of it until `agree` says so."""

    def __init__(
        self, pages: Pages, *, counters: Counters | None = None, preferring: Preferring | None = None
    ) -> None:
        self.pages = pages
        self.suppressions = MemorySuppressions()
        self.contacts = MemoryContacts()
        self.counters = MemoryCounters()
        self.errors: list[BaseException] = []
        self.marks = MemoryMarks()
        self.store = MemoryLeaving(self.suppressions, self.contacts, stream_of_topic=pages.stream_of_topic)
        tokens = Tokens(lambda: RING, now=NOON)
        limits = Limits(self.counters if counters is None else counters, on_error=self.errors.append)
        self.centre = PreferenceCentre(
            tokens=tokens,
            preferring=self.store if preferring is None else preferring,
            marks=MailMarks(self.marks, on_error=self.errors.append),
            limits=limits,
            pages=pages,
            on_error=self.errors.append,
        )
        self.unsubscribing = World(counters=self.counters, leaving=self.store).unsubscribing
        self.website = Website(
            sections={Route.PREFERENCES: self.centre, Route.LEAVING: self.unsubscribing}, pages=pages
        )

    @staticmethod
    def token(purpose: Purpose = Purpose.PREFERENCES, *, key: str = ADDRESS, topic: str = TOPIC) -> str:
        return make_token(RING, Grant(key, topic, purpose))

    def visit(self, token: str | None = None, *, ip: str = "192.0.2.7", locale: str = "en") -> Visit:
        return Visit(self.token() if token is None else token, ip, "r-1", locale)

    def agree(self, *topics: str, locale: str = "") -> None:
        """Make the address a contact's, who agreed to these topics."""
        consents = tuple(NewConsent(topic, ConsentStatus.GRANTED, NOON, "shop") for topic in topics)
        self.contacts.save(
            [NewContact(ADDRESS, EMAIL, "shop", locale=locale or None, consents=consents)], now=NOON
        )

    def stands(self, *, now: datetime = NOON) -> Preferences:
        return self.store.preferences(ADDRESS, now=now)

    def form(self, *, topics: Sequence[str] = (), **fields: str) -> Form:
        """Return the form as a browser sends it that shows what stands, with these topics ticked."""
        stands = self.stands()
        found: dict[str, list[str]] = {"do": ["save"], "topic": [*topics], "on": [], "off": []}
        for topic, on in stands.topics.items():
            found["on" if on else "off"].append(topic)
        shown = self.pages.known(stands.locale)
        found |= {"language": [shown], "was_language": [shown], "pause": [""], "reason": [""]}
        return Form(found | {name: [value] for name, value in fields.items()})

    def save(self, form: Form | Mapping[str, Sequence[str]], *, now: datetime = NOON) -> Answer:
        given = form if isinstance(form, Form) else Form(form)
        return self.centre.act(self.visit(), given, now=now)
