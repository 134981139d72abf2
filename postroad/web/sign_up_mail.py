"""The mails that a sign-up is answered by: to be confirmed, or a notice that it is done. Pure.

Anybody can type anybody's address. So a mail holds our own words, the topics' names and links: nothing that
was typed, or the form would carry a stranger's text to whomever they like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.contacts.joining import CONFIRMABLE
from postroad.contract.message import MESSAGE_SCHEMA
from postroad.web.requests import link
from postroad.web.token import Grant, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.web.pages import Pages
    from postroad.web.tokens import Tokens

CONFIRM_TEMPLATE = "confirm_subscription"
NOTICE_TEMPLATE = "subscription_notice"


@dataclass(frozen=True, slots=True)
class Letter:
    """Whom to write to, about which topics, in which of the pages' locales."""

    address_key: str
    email: str
    topics: tuple[str, ...]
    locale: str
    message_id: str
    at: datetime


class SignUpMails:
    """Makes the messages; `tokens` signs the links in them."""

    def __init__(self, *, pages: Pages, stream: str, web_url: str, tokens: Tokens) -> None:
        """Write messages of this stream, with links to the pages at `web_url`, without a slash at its end."""
        self._pages = pages
        self._stream = stream
        self._web_url = web_url
        self._tokens = tokens

    def confirmation(self, letter: Letter) -> dict[str, object]:
        """Return the message with the link that confirms these topics, for this address alone."""
        grant = Grant(letter.address_key, ",".join(letter.topics), Purpose.CONFIRM)
        data = {"confirm_url": self._link(grant, letter), "valid_days": CONFIRMABLE.days}
        return self._message(CONFIRM_TEMPLATE, letter, data)

    def notice(self, letter: Letter) -> dict[str, object]:
        """Return the message that says what was joined, with the link by which it is left."""
        topic, *others = letter.topics
        purpose = Purpose.PREFERENCES if others else Purpose.UNSUBSCRIBE
        grant = Grant(letter.address_key, topic, purpose)
        return self._message(NOTICE_TEMPLATE, letter, {"leave_url": self._link(grant, letter)})

    def _link(self, grant: Grant, letter: Letter) -> str:
        token = self._tokens.make(grant, now=letter.at)
        return f"{link(self._web_url, grant.purpose, token)}?lang={letter.locale}"

    def _message(self, template: str, letter: Letter, data: Mapping[str, object]) -> dict[str, object]:
        topics = [{"name": self._pages.named(topic, letter.locale)} for topic in letter.topics]
        return {
            "schema": MESSAGE_SCHEMA,
            "message_id": letter.message_id,
            "created_at": letter.at.isoformat(),
            "stream": self._stream,
            "template": template,
            "to": {"email": letter.email},
            "locale": letter.locale,
            "data": {**data, "topics": topics},
        }
