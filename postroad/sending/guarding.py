"""Whether a journey's mail that has waited may still leave: its walk goes on, and its recipient agrees. Pure.

The engine asked when it decided to send the mail. That may be days ago: it has waited for its rate, or for a
free slot. Here it is asked again, right before the mail leaves; what waits on the queue has nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.words import Reason, Status, StreamKind

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contacts.model import Contact
    from postroad.contacts.ports import ContactStore
    from postroad.sending.mail import Parsed
    from postroad.sending.ports import StandingWalks

LOOKED_AT = timedelta(minutes=15)
"""For so long what the engine found holds."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Why the mail may not leave any more."""

    status: Status
    reason: Reason
    note: str


class Guarding:
    """Looks again at mails that waited. Raises a TransientError when the stores can't be asked."""

    def __init__(self, *, walks: StandingWalks, contacts: ContactStore, kind: StreamKind) -> None:
        """Ask these stores, on a stream of this kind; safe to use from several threads."""
        self._walks = walks
        self._contacts = contacts
        self._asks_consent = kind is not StreamKind.TRANSACTIONAL

    def is_due(self, parsed: Parsed, *, now: datetime) -> bool:
        """Say whether a mail is to be looked at again: one of a journey, made a while ago."""
        message = parsed.message
        if message.journey is None:
            return False
        return now - (message.created_at or parsed.record.first_sent) > LOOKED_AT

    def look(self, parsed: Parsed) -> Unwanted | None:
        """Return why a mail of a journey may not leave any more, or None if it may."""
        # Imported here: few mails wait, and each start of the function would read these modules.
        from postroad.journeys.wanting import is_wanted  # noqa: PLC0415 - see above

        message = parsed.message
        if message.journey is None:
            return None
        if self._asks_consent:
            contact = self._contacts.find([parsed.address_key]).get(parsed.address_key)
            if (unwanted := _without_consent(contact, message.topic or "")) is not None:
                return unwanted
        if is_wanted(message.journey.enrolment, self._walks.known(parsed.address_key)):
            return None
        return Unwanted(Status.CANCELLED, Reason.JOURNEY_OVER, "its walk had ended when its turn came")


def _without_consent(contact: Contact | None, topic: str) -> Unwanted | None:
    from postroad.contacts.model import ConsentStatus  # noqa: PLC0415 - as above

    standing = contact.topics.get(topic) if contact else None
    if standing is None:
        return Unwanted(
            Status.CANCELLED, Reason.JOURNEY_OVER, f"no consent to {topic} stood when its turn came"
        )
    if standing.status is ConsentStatus.GRANTED:
        return None
    return Unwanted(
        Status.UNSUBSCRIBED, Reason.UNSUBSCRIBED, f"consent to {topic} had ended when its turn came"
    )
