"""One thing that SES says about one recipient of one mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contract.words import BounceKind


class EventKind(StrEnum):
    """SES's event types, as SES writes them ("Rendering Failure" has a space)."""

    SEND = "Send"
    DELIVERY = "Delivery"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY_DELAY = "DeliveryDelay"
    REJECT = "Reject"
    RENDERING_FAILURE = "Rendering Failure"
    OPEN = "Open"
    CLICK = "Click"
    SUBSCRIPTION = "Subscription"


NOT_SPAM = "not-spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackEvent:
    """One event about one affected recipient.

    `at` is when it happened, `accepted_at` when SES took the mail from us. `message_id` and `attempt` come
    from our tags: empty and 0 if the mail isn't ours or the event carries no tags (the notifications of an
    identity don't). `recipient` is empty for kinds that are about the mail as a whole. `word` is SES's finer
    word: a bounce's or complaint's subtype, a complaint's feedback type, a delay's type, why it was rejected.
    `explanation` is what the other side said, less addresses. `configuration_set` is the one that the mail
    was sent with. A canary is a mail of our own to SES's mailbox simulator, and has no row.

    Of an open or a click: `is_machine`, where SES or the user agent says so; `link` is a digest of the link
    that was clicked, since the link itself may hold what is a secret of the recipient.
    """

    kind: EventKind
    at: datetime
    accepted_at: datetime
    ses_message_id: str
    message_id: str = ""
    attempt: int = 0
    recipient: str = field(default="", repr=False)
    bounce: BounceKind | None = None
    word: str = ""
    explanation: str = field(default="", repr=False)
    feedback_id: str = ""
    configuration_set: str = ""
    is_canary: bool = False
    is_machine: bool = False
    link: str = ""

    @property
    def asks_for_nothing(self) -> bool:
        """Neither the row nor a suppression changes, whatever they say."""
        return self.is_canary or self.is_not_spam or self.kind is EventKind.SUBSCRIPTION

    @property
    def is_not_spam(self) -> bool:
        """A complaint that takes the blame away: somebody moved the mail out of the spam folder."""
        return self.kind is EventKind.COMPLAINT and self.word == NOT_SPAM
