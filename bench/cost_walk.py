"""Some mails from the producer to their last event, by the product's own code over metered stores.

What comes out are counts: of write and read units, of requests and of bytes, by line of the cost page. Code
that writes a row once more, or makes it larger, changes them.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost_stores import (
    Meter,
    MeteredBodies,
    MeteredBreaker,
    MeteredLedger,
    MeteredRate,
    MeteredSchedule,
    MeteredSuppressions,
)
from bench.units import queue_requests
from postroad.batches import MOST_ENTRIES, split
from postroad.clock import FixedClock
from postroad.configuration.limits import Timing
from postroad.configuration.model import Governor
from postroad.configuration.retention import Retention
from postroad.enqueueing.entry import Entry, make_entry
from postroad.evidence.memory import MemoryWatermarks
from postroad.feedback.applying import Applying
from postroad.feedback.reading import read_event
from postroad.local.orders import confirmation, read_customers, read_orders
from postroad.local.simulator import events as ses_events
from postroad.local.simulator.mail import Mail as TakenMail
from postroad.observability import Counts, make_logger
from postroad.records import Record
from postroad.rendering.ports import Rendered
from postroad.schedule.handing_out import HandingOut
from postroad.schedule.memory import MemoryQueue
from postroad.sending.assembly import Parts, send_batch
from postroad.sending.memory import MemoryAttachments, MemoryDeadLetters, MemoryPostponement
from postroad.sending.settings import SendSettings
from postroad.suppression.address_key import address_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from postroad.configuration.sizing import Sizing
    from postroad.sending.mail import Mail

SAMPLES = Path(__file__).parents[1] / "postroad" / "local" / "samples"
STREAM = "transactional"
STAGE = "prod"
SECRET = b"a secret of the cost model, which keys its addresses."
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
WAIT = timedelta(hours=1)
OPENED_AFTER = timedelta(minutes=5)
MAILS = 100
SES_ID = "0100019ab3c4d5e6-{number:08x}-1c2d-4e3f-8a9b-0123456789ab-000000"
"""As long as those that SES gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What happens to each mail of a walk.

    `apart`: feedback meets a mail's Send and its Delivery in two pieces of work, and reads the row in each.
    """

    sizing: Sizing
    block: int
    governor_writes: float
    delivery: timedelta
    apart: bool = True
    scheduled: bool = False
    delayed: bool = False
    opened: bool = False
    clicked: bool = False


@dataclass(slots=True)
class Walked:
    """What a walk of so many mails counted. Bytes are of all mails together."""

    mails: int
    meter: Meter
    bodies: Sequence[int]
    batches: Sequence[int]
    row_bytes: int = 0
    index_bytes: int = 0
    event_bytes: list[int] = field(default_factory=list)
    packed_bytes: int = 0

    def per_mail(self) -> dict[tuple[str, str], float]:
        """Return units by line and price."""
        return {key: count / self.mails for key, count in self.meter.units.items()}


class KeepingMailer:
    """A `Mailer` that keeps the mails as SES would know them."""

    def __init__(self, clock: FixedClock) -> None:
        """Date what it takes by this clock."""
        self._clock = clock
        self.taken: list[TakenMail] = []

    def wake(self, now: datetime) -> None:
        """Do nothing: there are no connections."""

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        """Take the mail."""
        del deadline
        ses_id = SES_ID.format(number=len(self.taken))
        self.taken.append(_as_taken(mail, ses_id, self._clock.now()))
        return ses_id


class OneRenderer:
    """Renders everything alike: what a mail says costs nothing but processor time, which is measured."""

    def render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        """Return a subject as long as most."""
        del template
        return Rendered(subject=f"Order {data['order_id']}", text="-", html=None, locale=locale or "en")


@cache
def sample_entries(count: int, *, send_at: datetime | None = None) -> tuple[Entry, ...]:
    """Return messages as the client enqueues them: the confirmations of the sample orders."""
    known = read_customers((SAMPLES / "customers.jsonl").read_text("utf-8").splitlines())
    orders = read_orders((SAMPLES / "orders.jsonl").read_text("utf-8").splitlines(), known)
    later = {} if send_at is None else {"send_at": send_at}
    entries: list[Entry] = []
    for index, order in enumerate(orders[:count]):
        message = confirmation(order, known[order.customer_id])
        # Some customers ordered twice; of a million recipients hardly two in one batch are the same.
        to = {
            "email": f"{index}.{known[order.customer_id].email}",
            "name": known[order.customer_id].contact_name,
        }
        entries.append(make_entry(index, {**message, "to": to, **later}, stream=STREAM, now=NOW, random=b""))
    return tuple(entries)


@cache
def walk(scene: Scene, mails: int = MAILS) -> Walked:
    """Let so many mails go their way. What comes back is kept: nobody changes it."""
    return _Walk(scene, mails).run()


class _Walk:
    def __init__(self, scene: Scene, mails: int) -> None:
        self._scene = scene
        self._entries = sample_entries(mails, send_at=NOW + WAIT if scene.scheduled else None)
        self._meter = Meter()
        self._clock = FixedClock(NOW)
        self._counts = Counts(STAGE)
        self._ledger = MeteredLedger(self._meter)
        self._suppressions = MeteredSuppressions(self._meter)
        self._bodies = MeteredBodies(self._meter)
        self._schedule = MeteredSchedule(self._meter)
        self._mailer = KeepingMailer(self._clock)
        self._walked = Walked(mails, self._meter, [entry.size for entry in self._entries], [])
        self._batches: list[int] = []
        self._use_case = send_batch(
            Parts(
                settings=settings(scene.sizing),
                renderer=OneRenderer(),
                attachments=MemoryAttachments(),
                address_key=partial(address_key, SECRET),
                ledger=self._ledger,
                bodies=self._bodies,
                pointers=self._schedule,
                watermarks=MemoryWatermarks(),
                breaker=MeteredBreaker(self._meter),
                rate=MeteredRate(self._meter, block=scene.block, writes_per_grant=scene.governor_writes),
                suppressions=self._suppressions,
                mailer=self._mailer,
                dead_letters=MemoryDeadLetters(),
                postponement=MemoryPostponement(),
                counts=self._counts,
                clock=self._clock,
                new_owner=lambda: "0123456789abcdef" * 2,
                on_error=_raise,
            )
        )

    def run(self) -> Walked:
        for entries in split(self._entries):
            self._queue_requests(sum(entry.size for entry in entries))
        self._send([_record(entry.index, entry.body) for entry in self._entries])
        if self._scene.scheduled:
            self._dispatch()
        if len(self._mailer.taken) != len(self._entries):
            raise ValueError("the walk lost mails: its messages or its settings no longer fit the code")
        self._feedback()
        self._walked.batches = self._batches
        self._walked.row_bytes = sum(self._ledger.row_bytes())
        self._walked.index_bytes = sum(self._ledger.index_bytes())
        return self._walked

    def _queue_requests(self, size: int) -> None:
        self._meter.add("queues", "sqs_request", queue_requests(size))

    def _send(self, records: Sequence[Record]) -> None:
        for some in _chunks(records, MOST_ENTRIES):
            self._queue_requests(sum(len(record.body.encode()) for record in some))  # received
            self._queue_requests(0)  # and deleted
        for batch in _chunks(records, self._scene.sizing.batch_size):
            self._batches.append(len(batch))
            report = self._use_case.send_batch(batch, deadline=self._clock.now() + timedelta(seconds=60))
            if report.failures:
                raise ValueError(f"the walk's messages were not sent: {report.summary()}")

    def _dispatch(self) -> None:
        self._clock.at = NOW + WAIT
        queue = MemoryQueue()
        pointers = self._schedule.all()
        HandingOut(
            schedule=self._schedule,
            bodies=self._bodies,
            ledger=self._ledger,
            queue=queue,
            on_error=_raise,
        ).hand_out(pointers, now=self._clock.now())
        for copies in split(queue.copies):
            self._queue_requests(sum(copy.size for copy in copies))
        self._send(
            [
                replace(_record(place, copy.body), generation=copy.pointer.generation)
                for place, copy in enumerate(queue.copies)
            ]
        )

    def _feedback(self) -> None:
        scene, taken = self._scene, self._mailer.taken
        sends = [ses_events.send(mail) for mail in taken]
        deliveries = [ses_events.delivery(mail, mail.to[0], mail.at + scene.delivery) for mail in taken]
        rounds = [sends, deliveries] if scene.apart else [[*sends, *deliveries]]
        if scene.delayed:
            rounds.insert(1, [_delay(mail) for mail in taken])
        if scene.opened:
            rounds.append([ses_events.opened(mail, mail.at + OPENED_AFTER) for mail in taken])
        if scene.clicked:
            link = "https://shop.example/orders/1042?from=confirmation"
            rounds.append([ses_events.clicked(mail, mail.at + OPENED_AFTER, link=link) for mail in taken])
        applying = Applying(
            ledger=self._ledger,
            suppressions=self._suppressions,
            address_secret=SECRET,
            counts=self._counts,
            logger=make_logger("feedback"),
        )
        for events in rounds:
            problems = applying.apply([one for event in events for one in read_event(event)])
            if any(problems):
                raise ValueError("the walk's events were not applied: its mails no longer fit the code")
            texts = [json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events]
            self._walked.event_bytes.extend(len(text) for text in texts)
            self._walked.packed_bytes += len(gzip.compress(b"".join(texts)))


def settings(sizing: Sizing) -> SendSettings:
    """Return a stream's settings: the configuration's defaults, and this sizing."""
    timing, retention, governor = Timing(), Retention(), Governor()
    return SendSettings(
        stage=STAGE,
        stream=STREAM,
        kind="transactional",
        from_address="Shop <orders@shop.example>",
        reply_to="help@shop.example",
        configuration_set=f"postroad-{STAGE}-{STREAM}",
        topic_required=False,
        messages_table="messages",
        bodies_table="bodies",
        suppressions_table="suppressions",
        attachments_bucket="attachments",
        address_secret_arn="-",  # noqa: S106 - no secret: nothing reads it
        queue_url="queue",
        dead_letter_queue_url="dead-letters",
        attachment_buckets=(),
        attachment_max_bytes=10_000_000,
        allow=("*",),
        redirect_to="",
        lease_seconds=timing.lease_seconds,
        ses_connect_timeout_seconds=timing.ses_connect_timeout_seconds,
        ses_read_timeout_seconds=timing.ses_read_timeout_seconds,
        threads=sizing.threads,
        attempts_max=timing.attempts_max,
        retention_days=retention.messages_days,
        body_retention_days=retention.bodies_days,
        retry_after_seconds=timing.retry_after_seconds,
        schedule_table="schedule",
        dispatch_function="dispatch",
        unknown_outcome="evidence",
        evidence_seconds=timing.evidence_seconds,
        evidence_after_crash_seconds=timing.evidence_after_crash_seconds,
        schedule_lead_seconds=timing.schedule_lead_seconds,
        ses_rate_per_second=0.0,
        account_share=1.0,
        transactional_share=governor.transactional_share,
    )


def _as_taken(mail: Mail, ses_id: str, at: datetime) -> TakenMail:
    to = f"{mail.to_name} <{mail.to}>" if mail.to_name else mail.to
    return TakenMail(
        ses_message_id=ses_id,
        message_id="",
        at=at,
        sender=mail.sender,
        source_arn="arn:aws:ses:us-east-1:123456789012:identity/shop.example",
        to=(to,),
        cc=(),
        bcc=(),
        reply_to=(mail.reply_to,),
        subject=mail.subject,
        html="-",
        text="-",
        headers=tuple(mail.headers.items()),
        tags=dict(mail.tags),
        configuration_set=mail.configuration_set,
        attachments=(),
        size=0,
        recipients=(mail.to,),
        account="123456789012",
    )


def _delay(mail: TakenMail) -> ses_events.Payload:
    at = mail.at + timedelta(minutes=1)
    return ses_events.delivery_delay(mail, mail.recipients[0], at, delay_type="MailboxFull")


def _record(place: int, body: str) -> Record:
    return Record(f"sqs-{place}", f"receipt-{place}", body, NOW, 1)


def _chunks(records: Sequence[Record], size: int) -> Iterable[Sequence[Record]]:
    return (records[start : start + size] for start in range(0, len(records), size))


def _raise(error: BaseException) -> None:
    raise error
