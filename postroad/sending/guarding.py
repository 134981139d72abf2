"""Whether a journey's mail that has waited may leave: its walk goes on, they agree, it is time. Pure.

The engine asked when it decided to send the mail. That may be days ago: it has waited for its rate, or for a
free slot. Here it is asked again, right before the mail leaves; what waits on the queue has nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.times import expires_on
from postroad.contract.words import Reason, Status, StreamKind

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.contacts.model import Contact
    from postroad.contacts.ports import ContactStore
    from postroad.sending.mail import Parsed
    from postroad.sending.ports import SendingHours, StandingWalks

LOOKED_AT = timedelta(minutes=15)
"""For so long what the engine found holds, also that it is one of the mail's hours."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Why the mail may not leave any more."""

    status: Status
    reason: Reason
    note: str


@dataclass(frozen=True, slots=True)
class OutOfHours:
    """The mail may leave, and not before `until`."""

    until: datetime


class Turns:
    """When mails of journeys that wait may leave. Raises a TransientError where nobody can be asked."""

    def __init__(self, *, hours: SendingHours, contacts: ContactStore, stream: str) -> None:
        """Go by these hours, of mail of this stream; safe to use from several threads."""
        self._hours = hours
        self._contacts = contacts
        self._stream = stream

    def are_limited(self, parsed: Parsed) -> bool:
        """Say whether a mail has hours at all: only journeys' have any."""
        journey = parsed.message.journey
        return journey is not None and self._hours.are_limited(self._stream, journey)

    def next_turn(self, parsed: Parsed, asked: datetime) -> datetime | None:
        """Return when a mail with hours may leave, from `asked` on and before it expires; None for never."""
        contact = self._contacts.find([parsed.address_key]).get(parsed.address_key)
        return self.next_hour(parsed, contact, asked)

    def next_hour(self, parsed: Parsed, contact: Contact | None, asked: datetime) -> datetime | None:
        """Return the same as `next_turn`, of a contact who has been read."""
        expires = expires_on(parsed.message, received_at=parsed.record.first_sent)
        return self._next(parsed, contact, asked, expires - _INSTANT)

    def is_hour(self, parsed: Parsed, contact: Contact | None, *, now: datetime) -> bool:
        """Say whether a mail may leave now, or might have a moment ago: each has some way to go.

        Else whoever is called at the last minute of their hours would be called there each day.
        """
        return self._next(parsed, contact, now - LOOKED_AT, now) is not None

    def _next(
        self, parsed: Parsed, contact: Contact | None, asked: datetime, deadline: datetime
    ) -> datetime | None:
        journey = parsed.message.journey
        if journey is None:
            return asked
        return self._hours.next_hour(self._stream, journey, contact, asked=asked, deadline=deadline)


class Guarding:
    """Looks again at mails that waited. Raises a TransientError when the stores can't be asked."""

    def __init__(
        self, *, walks: StandingWalks, contacts: ContactStore, kind: StreamKind, turns: Turns | None = None
    ) -> None:
        """Ask these stores, on a stream of this kind; safe to use from several threads.

        Without `turns` any hour is one.
        """
        self._walks = walks
        self._contacts = contacts
        self._asks_consent = kind is not StreamKind.TRANSACTIONAL
        self._turns = turns

    def is_due(self, parsed: Parsed, *, now: datetime) -> bool:
        """Say whether a mail is to be looked at again: one of a journey, made a while ago."""
        message = parsed.message
        if message.journey is None:
            return False
        return now - (message.created_at or parsed.record.first_sent) > LOOKED_AT

    def look(self, parsed: Parsed, *, now: datetime) -> Unwanted | OutOfHours | None:
        """Return why a mail of a journey may not leave any more, or not now; None if it may."""
        # Imported here: few mails wait, and each start of the function would read these modules.
        from postroad.journeys.wanting import is_wanted  # noqa: PLC0415 - see above

        message = parsed.message
        if message.journey is None:
            return None
        turns = self._turns if self._turns is not None and self._turns.are_limited(parsed) else None
        contact = None
        if self._asks_consent or turns is not None:
            contact = self._contacts.find([parsed.address_key]).get(parsed.address_key)
        if self._asks_consent and (unwanted := _without_consent(contact, message.topic or "")) is not None:
            return unwanted
        if not is_wanted(message.journey.enrolment, self._walks.known(parsed.address_key)):
            return Unwanted(Status.CANCELLED, Reason.JOURNEY_OVER, "its walk had ended when its turn came")
        if turns is None or turns.is_hour(parsed, contact, now=now):
            return None
        until = turns.next_hour(parsed, contact, now)
        return OutOfHours(until) if until is not None else _TOO_LATE


_TOO_LATE = Unwanted(
    Status.EXPIRED, Reason.EXPIRED, "the next of its journey's hours would have come after its time"
)


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
