"""A stream's `send` over fakes, for tests of one batch and of many."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from postroad.bodies.memory import MemoryBodies
from postroad.caps.memory import MemoryTallies
from postroad.circuit.memory import MemoryBreaker
from postroad.clock import FixedClock
from postroad.contacts.memory import MemoryContacts
from postroad.contract.words import Reason
from postroad.evidence.memory import MemoryWatermarks
from postroad.journeys.memory import MemoryWalks
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.observability import Counts
from postroad.records import Record
from postroad.rendering.ports import Rendered, TemplateDataError, TemplateMissing
from postroad.schedule.memory import MemorySchedule
from postroad.sending.assembly import Parts, send_batch
from postroad.sending.batch import SendBatch
from postroad.sending.memory import (
    MemoryAttachments,
    MemoryDeadLetters,
    MemoryHours,
    MemoryMailer,
    MemoryPostponement,
    MemoryRate,
)
from postroad.sending.report import BatchReport
from postroad.sending.settings import SendSettings
from postroad.suppression.address_key import address_key
from postroad.suppression.memory import MemorySuppressions
from postroad.suppression.model import ScopeEntry

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SECRET = b"a secret of the tests, long enough."

SETTINGS = SendSettings(
    stage="test",
    stream="transactional",
    kind="transactional",
    from_address="Shop <orders@shop.example>",
    reply_to="help@shop.example",
    configuration_set="test-transactional",
    topic_required=False,
    messages_table="Messages",
    bodies_table="Bodies",
    suppressions_table="Suppressions",
    attachments_bucket="attachments",
    address_secret_arn="arn",
    queue_url="queue",
    dead_letter_queue_url="dead",
    attachment_buckets=("invoices",),
    attachment_max_bytes=1000,
    allow=("*",),
    redirect_to="",
    lease_seconds=90,
    ses_connect_timeout_seconds=2,
    ses_read_timeout_seconds=8,
    threads=4,
    attempts_max=5,
    retention_days=30,
    body_retention_days=60,
    retry_after_seconds=60,
    schedule_table="Schedule",
    dispatch_function="dispatch",
    unknown_outcome="evidence",
    evidence_seconds=120,
    evidence_after_crash_seconds=300,
    schedule_lead_seconds=120,
    ses_rate_per_second=14.0,
    account_share=1.0,
    transactional_share=0.2,
)


class EchoRenderer:
    """Renders the template `echo`, and refuses data without a `word`."""

    def render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        if template != "echo":
            raise TemplateMissing(template)
        if "word" not in data:
            raise TemplateDataError("word", "is missing")
        return Rendered(subject="Echo", text=str(data["word"]), html=None, locale=locale or "en")


@dataclass
class World:
    """A stream's `send` over fakes, with every fake in reach."""

    settings: SendSettings = SETTINGS
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    bodies: MemoryBodies = field(default_factory=MemoryBodies)
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    attachments: MemoryAttachments = field(default_factory=MemoryAttachments)
    suppressions: MemorySuppressions = field(default_factory=MemorySuppressions)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    postponement: MemoryPostponement = field(default_factory=MemoryPostponement)
    pointers: MemorySchedule = field(default_factory=MemorySchedule)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    breaker: MemoryBreaker = field(default_factory=MemoryBreaker)
    rate: MemoryRate = field(default_factory=MemoryRate)
    tallies: MemoryTallies = field(default_factory=MemoryTallies)
    walks: MemoryWalks = field(default_factory=MemoryWalks)
    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    hours: MemoryHours = field(default_factory=MemoryHours)
    counts: Counts = field(default_factory=lambda: Counts("test"))
    errors: list[BaseException] = field(default_factory=list)
    owners: int = 0

    def batch(self) -> SendBatch:
        """Return a process's use case over these stores; what a process counts begins anew in each."""
        return send_batch(
            Parts(
                settings=self.settings,
                renderer=EchoRenderer(),
                attachments=self.attachments,
                address_key=self.key,
                ledger=self.ledger,
                bodies=self.bodies,
                pointers=self.pointers,
                watermarks=self.watermarks,
                breaker=self.breaker,
                rate=self.rate,
                suppressions=self.suppressions,
                mailer=self.mailer,
                dead_letters=self.dead_letters,
                postponement=self.postponement,
                counts=self.counts,
                clock=self.clock,
                new_owner=self.new_owner,
                on_error=self.errors.append,
                tallies=self.tallies,
                walks=self.walks,
                contacts=self.contacts,
                hours=self.hours,
            )
        )

    def new_owner(self) -> str:
        self.owners += 1
        return f"owner-{self.owners}"

    @staticmethod
    def key(canonical: str) -> str:
        return address_key(SECRET, canonical)

    def send(self, *bodies: dict[str, Any] | str, seconds_left: float = 60, receives: int = 1) -> BatchReport:
        """Send one batch; each body has the SQS id `sqs-<index>`."""
        return self.send_records(
            [self.record(body, index, receives=receives) for index, body in enumerate(bodies)],
            seconds_left=seconds_left,
        )

    def send_records(self, records: Sequence[Record], *, seconds_left: float = 60) -> BatchReport:
        deadline = self.clock.now() + timedelta(seconds=seconds_left)
        return self.batch().send_batch(records, deadline=deadline)

    def record(
        self, body: dict[str, Any] | str, index: int = 0, *, receives: int = 1, generation: int = 0
    ) -> Record:
        text = body if isinstance(body, str) else json.dumps(body)
        return Record(f"sqs-{index}", f"receipt-{index}", text, self.clock.now(), receives, generation)

    def dispatched(self, message_id: str, index: int = 0) -> Record:
        """Return the copy that the latest pointer to a message brings, as dispatch makes it."""
        pointer = self.pointers.of(message_id)[-1]
        body = self.bodies.get(message_id, pointer.fingerprint)
        assert body is not None, f"the body of {message_id} is not kept"
        return self.record(body, index, generation=pointer.generation)

    def row(self, message_id: str) -> Row:
        row = self.ledger.get(message_id)
        assert row is not None, f"{message_id} has no row"
        return row

    def suppress(self, email: str, reason: Reason = Reason.HARD_BOUNCE, scope: str = "all") -> None:
        entry = ScopeEntry(reason, "feedback", self.clock.now(), None, "evidence")
        self.suppressions.suppress(self.key(email), email, scope, entry)


def make_message(message_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    return {
        "schema": "postroad.message.v1",
        "message_id": message_id,
        "created_at": "2026-11-22T13:59:00Z",
        "stream": "transactional",
        "template": "echo",
        "to": {"email": f"{message_id}@example.com", "name": "Somebody"},
        "data": {"word": "hello"},
    } | changes
