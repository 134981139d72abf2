"""Everything that leaving by a link works with, in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import NewContact
from postroad.contract.words import StreamKind
from postroad.suppression.address_key import address_key
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import blocks
from postroad.web.answers import Answer, Leaves, Why
from postroad.web.limits import Limits
from postroad.web.mail_marks import MailMarks
from postroad.web.memory import MemoryCounters, MemoryMarks
from postroad.web.requests import Visit
from postroad.web.token import Grant, KeyRing, Purpose, make_token
from postroad.web.tokens import Tokens
from postroad.web.unsubscribing import How, Unsubscribing

if TYPE_CHECKING:
    from postroad.contacts.ports import Leaving
    from postroad.web.ports import Counters, Marks

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EMAIL = "ana.ruiz@example.com"
ADDRESS = address_key(b"s" * 64, EMAIL)
TOPIC = "product_updates"
RING = KeyRing("t1", {"t1": b"a" * 64})


class World:
    """One address with one link."""

    def __init__(
        self,
        *,
        counters: Counters | None = None,
        leaving: Leaving | None = None,
        marks: Marks | None = None,
        suppressions: MemorySuppressions | None = None,
    ) -> None:
        self.suppressions = MemorySuppressions() if suppressions is None else suppressions
        self.contacts = MemoryContacts()
        self.counters = MemoryCounters()
        self.marks = MemoryMarks()
        self.errors: list[BaseException] = []
        self.unsubscribing = Unsubscribing(
            tokens=Tokens(lambda: RING, now=NOON),
            leaving=MemoryLeaving(self.suppressions, self.contacts) if leaving is None else leaving,
            marks=MailMarks(self.marks if marks is None else marks, on_error=self.errors.append),
            limits=Limits(self.counters if counters is None else counters, on_error=self.errors.append),
            on_error=self.errors.append,
        )
        self.visit = self.visit_of(ADDRESS)

    @staticmethod
    def visit_of(key: str, topic: str = TOPIC) -> Visit:
        """Return a visit by the link of this address."""
        token = make_token(RING, Grant(key, topic, Purpose.UNSUBSCRIBE))
        return Visit(token, "192.0.2.7", "r-1")

    def make_contact(self) -> None:
        """Let the address be a contact's."""
        self.contacts.save([NewContact(address_key=ADDRESS, email=EMAIL, source="shop")], now=NOON)

    def leave(
        self,
        *,
        visit: Visit | None = None,
        leaves: Leaves = Leaves.TOPIC,
        how: How = How.ONE_CLICK,
        why: Why | None = None,
        now: datetime = NOON,
    ) -> Answer:
        """Leave by the link."""
        return self.unsubscribing.leave(visit or self.visit, leaves, how, why, now=now)

    def stopped(self, *, topic: str | None, kind: StreamKind = StreamKind.MARKETING) -> bool:
        """Say whether a mail of this topic to the address is stopped, as send would judge it."""
        found = self.suppressions.find([ADDRESS]).get(ADDRESS)
        return (
            found is not None
            and blocks(found, stream=kind.value, kind=kind, topic=topic, now=NOON) is not None
        )
