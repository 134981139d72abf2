"""The use case behind /c/<token>: the owner of a mailbox confirms what was asked for in its name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.web.answers import Answer, Kind
from postroad.web.bearers import Bearers
from postroad.web.limits import (
    CONFIRMING_BY_ADDRESS,
    CONFIRMING_BY_MACHINE,
)
from postroad.web.token import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from postroad.contacts.ports import Joining
    from postroad.web.limits import Limits
    from postroad.web.pages import Pages
    from postroad.web.requests import Form, Visit
    from postroad.web.token import Grant
    from postroad.web.tokens import Tokens

SOURCE = "confirm:page"


class Confirming:
    """Lets the bearer of a link confirm the topics that it names."""

    def __init__(
        self, *, tokens: Tokens, joining: Joining, limits: Limits, pages: Pages,
        on_error: Callable[[BaseException], object],
    ) -> None:  # fmt: skip
        """Use these parts."""
        self._bearers = Bearers(tokens, limits)
        self._joining = joining
        self._pages = pages
        self._on_error = on_error

    def look(self, visit: Visit, *, now: datetime) -> Answer:
        """Show what can be confirmed, and a button. Nothing is read: scanners open every link of a mail."""
        grant = self._bearers.granted(visit, Purpose.CONFIRM, now=now)
        if isinstance(grant, Answer):
            return grant
        topics = self._topics(grant)
        return Answer(Kind.CONFIRM, marks=_on(topics)) if topics else Answer(Kind.OVER)

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        """Confirm, if the form says so."""
        grant = self._bearers.granted(visit, Purpose.CONFIRM, now=now)
        if isinstance(grant, Answer):
            return grant
        topics = self._topics(grant)
        if form is None or form.one("do") != "confirm":
            return Answer(Kind.CONFIRM, marks=_on(topics), refused=True) if topics else Answer(Kind.OVER)
        if not self._bearers.may_act(
            visit, grant, by_machine=CONFIRMING_BY_MACHINE, by_address=CONFIRMING_BY_ADDRESS, now=now
        ):
            return Answer(Kind.BUSY)
        try:
            confirmed = self._joining.confirm(
                grant.address_key,
                topics,
                terms={topic: self._pages.terms(topic, visit.locale) for topic in topics},
                source=SOURCE,
                evidence=f"request {visit.request_id}",
                now=now,
                ip=visit.ip,
            )
        except TransientError as error:
            self._on_error(error)
            return Answer(Kind.TROUBLE)
        return Answer(Kind.CONFIRMED, marks=_on(confirmed)) if confirmed else Answer(Kind.OVER)

    def _topics(self, grant: Grant) -> list[str]:
        """Return the link's topics, less those that are configured no more."""
        return [topic for topic in grant.topic.split(",") if topic in self._pages.rules]


def _on(topics: Iterable[str]) -> frozenset[str]:
    return frozenset(f"on:{topic}" for topic in topics)
