"""A person of whom everything is held that can be, over fakes, and somebody else beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from postroad.bodies.memory import MemoryBodies
from postroad.clock import FixedClock
from postroad.contacts.memory import MemoryContacts, MemoryLeaving
from postroad.contacts.model import ConsentStatus, NewConsent, NewContact, Waiting
from postroad.contract.words import Reason, Status, StreamKind
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import UNSETTLED, Row
from postroad.privacy.erasing import Erasing, Person, Rules
from postroad.privacy.memory import MemoryCountersByAddress, MemoryMails, MemoryPersons, MemoryProofs
from postroad.privacy.ports import Source
from postroad.privacy.proof import Proof, SesEntry
from postroad.schedule.memory import MemorySchedule
from postroad.schedule.pointer import Pointer, minute_of
from postroad.stats.providers import provider_of
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, stream_scope, topic_scope

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EMAIL, KEY = "ana.ruiz@gmail.com", "k1.ana"
OTHER_EMAIL, OTHER_KEY = "bo@example.com", "k1.bo"
STREAMS = {"offers": "marketing", "product_updates": "marketing"}
TOPICS = {**STREAMS, "outlet": "outreach"}
"""Those that can be chosen; of the first two they are told already."""
KINDS = {"marketing": StreamKind.MARKETING, "transactional": StreamKind.TRANSACTIONAL}
RULES = Rules(kinds=KINDS, kept_rows=90 * DAY, kept_consents=1095 * DAY, kept_proofs=1095 * DAY)
PERSONAL = (EMAIL, "Ruiz", "Bogotá", "203.0.113.7", "called us")
"""What nothing may hold after an erasure."""


def row_of(status: Status, stream: str = "marketing", *, key: str = KEY, **changes: Any) -> Row:  # noqa: ANN401 - a row's own fields
    """Return a row as `send` leaves it, with the address wherever one may be."""
    email = EMAIL if key == KEY else OTHER_EMAIL
    row = Row(
        message_id=f"{key[3:]}-{stream}-{status}-{changes.get('reason', '')}",
        status=status,
        stream=stream,
        template="offers",
        fingerprint=f"f-{status}",
        address_key=key,
        email=email,
        locale="es-CO",
        topic="offers",
        detail=f"to.email: {email}",
        notes=(f"a note about Ana Ruiz of {stream}",),
        tags={"campaign": "spring", "variant": "b", "customer": "Ana Ruiz"},
        times={"accepted": NOW - DAY, status.value: NOW - DAY},
        expires_at=None if status in UNSETTLED else NOW + 60 * DAY,
    )
    return replace(row, **changes)


def rows_of(stream: str, key: str = KEY) -> list[Row]:
    """Return a row of every status, and of every way to wait."""
    due = NOW + DAY
    waiting = [
        row_of(Status.SCHEDULED, stream, key=key, due=due, generation=1, reason="send_at"),
        row_of(Status.HELD, stream, key=key, reason="recipient_not_allowed"),
        row_of(Status.CLAIMED, stream, key=key, attempt=1, reason="released"),
        row_of(
            Status.CLAIMED, stream, key=key, attempt=1, owner="o", due=due, generation=1,
            reason=Reason.UNKNOWN_OUTCOME.value, evidence_after=NOW,
        ),
        row_of(
            Status.CLAIMED, stream, key=key, attempt=1, owner="gone", reason="abandoned",
            lease_until=NOW - DAY,
        ),
    ]  # fmt: skip
    ended = [row_of(status, stream, key=key) for status in Status if status not in UNSETTLED]
    return [*waiting, *ended]


@dataclass
class PrivacyWorld:
    """The stores, and a clock that moves when somebody waits."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    schedule: MemorySchedule = field(default_factory=MemorySchedule)
    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    proofs: MemoryProofs = field(default_factory=MemoryProofs)
    counters: MemoryCountersByAddress = field(default_factory=MemoryCountersByAddress)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    ses: list[str] = field(default_factory=list)
    on_pause: Callable[[], object] = lambda: None
    sources: list[Source] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let people leave and choose over these stores."""
        self.leaving = MemoryLeaving(self.suppressions, self.contacts, stream_of_topic=TOPICS)
        self.persons = MemoryPersons(self.suppressions, self.contacts)

    def fill(self, *streams: str, key: str = KEY) -> None:
        """Let all be held about somebody that can be."""
        email = EMAIL if key == KEY else OTHER_EMAIL
        for stream in streams or ("marketing",):
            for row in rows_of(stream, key):
                self.keep(row)
        consents = tuple(
            NewConsent(
                topic, ConsentStatus.GRANTED, NOW - 9 * DAY, "import", "news", "2026-1",
                "row 7, called us", "203.0.113.7",
            )
            for topic in STREAMS
        )  # fmt: skip
        self.contacts.save(
            [
                NewContact(
                    key, email, "import", "Ana Ruiz", "es-CO", "America/Bogota", {"city": "Bogotá"}, consents
                )
            ],
            now=NOW - 9 * DAY,
        )
        self.contacts.waiting[key] = Waiting(email, NOW - DAY, "Ana Ruiz", "es-CO")
        left = ScopeEntry(Reason.UNSUBSCRIBED, "unsubscribe:page", NOW - 3 * DAY, None, "request 7")
        by_hand = ScopeEntry(Reason.MANUAL, "operator:bo", NOW - 2 * DAY, None, "Ana called us")
        self.suppressions.suppress(key, email, topic_scope("offers"), left)
        self.suppressions.suppress(key, email, stream_scope("marketing"), by_hand)
        self.counters.visits[key] = 2

    def keep(self, row: Row) -> None:
        """Write a row, with what lies beside one that waits."""
        self.ledger.insert(row)
        if row.status in UNSETTLED or row.status is Status.FAILED:
            body = f'{{"to": {{"email": "{row.email}", "name": "Ana Ruiz"}}}}'
            self.bodies.put(row.message_id, row.fingerprint, body, first_sent=NOW - DAY, until=NOW + 28 * DAY)
        if row.due is not None:
            self.schedule.put(
                Pointer(
                    stream=row.stream, message_id=row.message_id, fingerprint=row.fingerprint,
                    generation=row.generation, due=row.due, minute=minute_of(row.due),
                )
            )  # fmt: skip

    def erasing(
        self, rules: Rules = RULES, watch: Callable[[str, object], object] = lambda _, inner: inner
    ) -> Erasing:
        """Return the use case over these stores; `watch` may stand between it and each of them."""
        return Erasing(
            mails=cast("Any", watch("mails", MemoryMails(self.ledger, page_size=3))),
            ledger=cast("Any", watch("ledger", self.ledger)),
            bodies=cast("Any", watch("bodies", self.bodies)),
            schedule=cast("Any", watch("schedule", self.schedule)),
            persons=cast("Any", watch("persons", self.persons)),
            proofs=cast("Any", watch("proofs", self.proofs)),
            counters=cast("Any", watch("counters", self.counters)),
            sources=self.sources,
            rules=rules,
            provider_of=provider_of,
            clock=self.clock,
            pause=self.pause,
            operator="operator:eve",
        )

    def erase(self, erasure: str = "e1", rules: Rules = RULES, **changes: Any) -> Proof:  # noqa: ANN401 - as `erasing` takes it
        """Erase Ana."""
        return self.erasing(rules, **changes).erase(Person(KEY, EMAIL), erasure=erasure, ses=self.ask_ses)

    def ask_ses(self, email: str) -> SesEntry:
        """Note that SES was asked."""
        self.ses.append(email)
        return SesEntry.NOT_LISTED

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(seconds=seconds)
        self.on_pause()

    def held(self, key: str = KEY) -> str:
        """Return, as one text, all that the stores hold about somebody."""
        of_contact = [self.contacts.find([key]), self.contacts.consents(key), self.contacts.waiting.get(key)]
        of_suppression = [self.suppressions.standing(key), self.suppressions.history(key)]
        rows = [row for row in self.ledger.rows() if row.message_id.startswith(key[3:])]
        bodies = [
            self.bodies.get(each.message_id, each.fingerprint)
            for each in self.bodies.all()
            if each.message_id.startswith(key[3:])
        ]
        proofs: list[object] = [self.proofs.get(each) for each in ("e1", "e2") if key == KEY]
        proofs.append(self.persons.proofs_of_consent(key))
        return repr([of_contact, of_suppression, rows, bodies, proofs, self.counters.visits.get(key)])

    def rows(self, key: str = KEY) -> list[Row]:
        """Return somebody's rows."""
        return [row for row in self.ledger.rows() if row.message_id.startswith(key[3:])]

    def stands(self) -> ScopeEntry:
        """Return what stops all of Ana's streams."""
        return self.suppressions.find([KEY])[KEY].scopes[ALL_STREAMS]
