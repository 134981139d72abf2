"""A mail as the simulator keeps it, and what became of it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from postroad.contract.tags import CANARY_TAG
from postroad.contract.words import Status
from postroad.local.simulator.asked import Asked
from postroad.local.simulator.request import Attachment


class EventType(StrEnum):
    """Value: `eventType` in the published JSON. Member's name: the type in an event destination."""

    SEND = "Send"
    DELIVERY = "Delivery"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    REJECT = "Reject"
    RENDERING_FAILURE = "Rendering Failure"
    DELIVERY_DELAY = "DeliveryDelay"
    OPEN = "Open"
    CLICK = "Click"


@dataclass(frozen=True, slots=True)
class SesEvent:
    """One event: `message` is the JSON that SES publishes, `due` when it goes.

    `destinations` are the ARNs of the topics and delivery streams that asked for it.
    `unreported` says why SES would not make it, though it happened (a click on a link without tracking).
    Kept as text, since thousands of them are kept.
    """

    type: EventType
    at: datetime
    recipient: str
    summary: str
    message: str
    destinations: tuple[str, ...]
    due: datetime
    status: Status
    hard: bool = False
    unreported: str = ""

    @property
    def payload(self) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.message)
        return read


@dataclass(slots=True)
class Mail:
    """One accepted SendEmail. `at` is when SES took it; addresses stand as they were given."""

    ses_message_id: str
    message_id: str
    at: datetime
    sender: str
    source_arn: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    reply_to: tuple[str, ...]
    subject: str
    html: str | None
    text: str | None
    headers: tuple[tuple[str, str], ...]
    tags: dict[str, str]
    configuration_set: str
    attachments: tuple[Attachment, ...]
    size: int
    recipients: tuple[str, ...]
    account: str
    events: list[SesEvent] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    """What mail programs and scanners asked of its links; SES knows nothing of it."""

    @property
    def is_canary(self) -> bool:
        """Whether Postroad sent it to itself, to see how far its feedback has come."""
        return CANARY_TAG in self.tags

    @property
    def status(self) -> Status:
        """The gravest thing that has been reported, by the rank that feedback uses."""
        reported = {event.status for event in self.events}
        hard = any(event.hard for event in self.events)
        ranked = (
            (Status.COMPLAINED, Status.COMPLAINED in reported),
            (Status.BOUNCED, hard),
            (Status.DELIVERED, Status.DELIVERED in reported),
            (Status.BOUNCED, Status.BOUNCED in reported),
            (Status.REJECTED, Status.REJECTED in reported),
            (Status.DELAYED, Status.DELAYED in reported),
        )
        return next((status for status, holds in ranked if holds), Status.SENT)
