"""Everything that signing up works with, in memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.suppression.address_key import address_key
from postroad.suppression.memory import MemorySuppressions
from postroad.web.confirming import Confirming
from postroad.web.limits import Limits
from postroad.web.memory import MemoryCounters, MemoryMailbox
from postroad.web.requests import Form, Visit
from postroad.web.sign_up_mail import SignUpMails
from postroad.web.subscribing import Subscribing
from postroad.web.token import Grant, Purpose, make_token
from postroad.web.tokens import Tokens
from tests.web_world import ADDRESS, EMAIL, NOON, RING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.ports import Joining
    from postroad.web.answers import Answer
    from postroad.web.pages import Pages
    from postroad.web.ports import Counters

SECRET = b"s" * 64


class SignUpWorld:
    """The two sections, over stores in memory."""

    def __init__(
        self, pages: Pages, *, counters: Counters | None = None, joining: Joining | None = None
    ) -> None:
        self.suppressions = MemorySuppressions()
        self.contacts = MemoryContacts()
        self.mailbox = MemoryMailbox()
        self.errors: list[BaseException] = []
        self.store = MemoryLeaving(self.suppressions, self.contacts, stream_of_topic=pages.stream_of_topic)
        tokens = Tokens(lambda: RING, now=NOON)
        limits = Limits(counters or MemoryCounters(), on_error=self.errors.append)
        self.subscribing = Subscribing(
            tokens=tokens,
            joining=joining or self.store,
            limits=limits,
            pages=pages,
            mailbox=self.mailbox,
            mails=SignUpMails(
                pages=pages, stream="transactional", web_url="https://m.example", tokens=tokens
            ),
            address_key=partial(address_key, SECRET),
            entropy=bytes,
            on_error=self.errors.append,
        )
        self.confirming = Confirming(
            tokens=tokens,
            joining=joining or self.store,
            limits=limits,
            pages=pages,
            on_error=self.errors.append,
        )

    def post(self, **fields: str | Sequence[str]) -> Answer:
        """Send the form of /subscribe."""
        return self.subscribing.act(self.visit(), form(fields), now=NOON)

    def confirm(self, token: str, *, now: datetime = NOON) -> Answer:
        """Send the form of /c/<token>."""
        return self.confirming.act(self.visit(token), form({"do": "confirm"}), now=now)

    def look(self, token: str) -> Answer:
        """Open /c/<token>."""
        return self.confirming.look(self.visit(token), now=NOON)

    def token(self) -> str:
        """Return the token of the newest mail."""
        data = self.mailbox.messages[-1]["data"]
        assert isinstance(data, dict)
        return str(data["confirm_url"]).partition("/c/")[2].partition("?")[0]

    def gets(self, *, now: datetime = NOON) -> set[str]:
        chosen = self.store.preferences(ADDRESS, now=now)
        return {topic for topic, yes in chosen.topics.items() if yes}

    @staticmethod
    def visit(token: str = "") -> Visit:
        return Visit(token, "192.0.2.7", "r-1", "en")

    @staticmethod
    def make(topics: str, purpose: Purpose = Purpose.CONFIRM) -> str:
        return make_token(RING, Grant(ADDRESS, topics, purpose))


def form(fields: Mapping[str, str | Sequence[str]]) -> Form:
    """Return a form, with one value for each field or several."""
    return Form({name: [each] if isinstance(each, str) else [*each] for name, each in fields.items()})


__all__ = ["EMAIL", "NOON", "SignUpWorld", "form"]
