"""The use case behind /u/<token>: a link of a mail is looked at, and somebody leaves by it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.errors import TransientError
from postroad.suppression.model import ALL_STREAMS, topic_scope
from postroad.web.answers import Answer, Kind, Leaves, Why
from postroad.web.bearers import Bearers
from postroad.web.limits import LEAVING_BY_ADDRESS, LEAVING_BY_MACHINE
from postroad.web.token import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.contacts.ports import Leaving
    from postroad.web.limits import Limits
    from postroad.web.mail_marks import MailMarks
    from postroad.web.requests import Form, Visit
    from postroad.web.tokens import Tokens


class How(StrEnum):
    """By what somebody left."""

    ONE_CLICK = "one-click"
    """A mail program, for its reader: RFC 8058."""
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for."""

    leaves: Leaves
    how: How
    why: Why | None


class Unsubscribing:
    """Lets the bearer of a link leave what the link is about."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        leaving: Leaving,
        marks: MailMarks,
        limits: Limits,
        on_error: Callable[[BaseException], object],
    ) -> None:
        """Use these parts; `on_error` is told what kept somebody from leaving."""
        self._bearers = Bearers(tokens, limits)
        self._leaving = leaving
        self._marks = marks
        self._on_error = on_error

    def look(self, visit: Visit, *, now: datetime) -> Answer:
        """Answer whoever only opens the link. Nothing changes: scanners open every link of every mail."""
        grant = self._bearers.granted(visit, Purpose.UNSUBSCRIBE, now=now)
        return grant if isinstance(grant, Answer) else Answer(Kind.ASK, grant.topic)

    def act(self, visit: Visit, form: Form | None, *, now: datetime) -> Answer:
        """Do what the form says, if it says something."""
        wish = wish_of(form)
        if wish is None:
            answer = self.look(visit, now=now)
            return replace(answer, refused=answer.kind is Kind.ASK)
        return self.leave(visit, wish.leaves, wish.how, wish.why, now=now)

    def leave(self, visit: Visit, leaves: Leaves, how: How, why: Why | None, *, now: datetime) -> Answer:
        """Note that the link's address leaves its topic, or all that can be left.

        No answer tells whether we know the address, or whether it had left before.
        """
        grant = self._bearers.granted(visit, Purpose.UNSUBSCRIBE, now=now)
        if isinstance(grant, Answer):
            return grant
        if not self._bearers.may_act(
            visit, grant, by_machine=LEAVING_BY_MACHINE, by_address=LEAVING_BY_ADDRESS, now=now
        ):
            return Answer(Kind.BUSY, grant.topic)
        scope = topic_scope(grant.topic) if leaves is Leaves.TOPIC else ALL_STREAMS
        evidence = f"request {visit.request_id}" + (f", because: {why}" if why else "")
        try:
            left = self._leaving.leave(
                grant.address_key, [scope], source=f"unsubscribe:{how}", evidence=evidence, now=now
            )
        except TransientError as error:
            self._on_error(error)
            return Answer(Kind.TROUBLE, grant.topic)
        self._marks.note(visit, grant, left=left, now=now)
        return Answer(Kind.LEFT_TOPIC if leaves is Leaves.TOPIC else Kind.LEFT_ALL, grant.topic)


def wish_of(form: Form | None) -> Wish | None:
    """Return what a form asks for: a mail program's, which says one thing alone (RFC 8058), or our own.

    None for any other: nobody leaves by a request that doesn't say so. A reason that we don't offer is none.
    """
    if form is None:
        return None
    if form.one("list-unsubscribe").strip().lower() == "one-click":
        return Wish(Leaves.TOPIC, How.ONE_CLICK, None)
    try:
        leaves = Leaves(form.one("leave"))
    except ValueError:
        return None
    reason = form.one("reason")
    return Wish(leaves, How.PAGE, Why(reason) if reason in set(Why) else None)
