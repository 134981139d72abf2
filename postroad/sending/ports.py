"""What sending needs of the world."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from postroad.contacts.model import Contact
from postroad.contract.message import Attachment, Journey
from postroad.governor.grant import Grant
from postroad.journeys.enrolment import Enrolment
from postroad.records import Record
from postroad.sending.mail import File, Mail, Refusal


class StandingWalks(Protocol):
    """Where contacts stand in journeys."""

    def known(self, address_key: str) -> list[Enrolment]:
        """Read the latest walks of a contact, those that are over too, consistently."""
        ...


class SendingHours(Protocol):
    """When mail of journeys may leave: the one place where that is decided, for mail that had to wait."""

    def are_limited(self, stream: str, journey: Journey) -> bool:
        """Say whether such a mail has hours at all; else whoever it is for need not be read."""
        ...

    def next_hour(
        self, stream: str, journey: Journey, contact: Contact | None, *, asked: datetime, deadline: datetime
    ) -> datetime | None:
        """Return the first moment from `asked` on at which the mail may leave, within its spread.

        None where it would be later than `deadline`. No contact is one of whom nothing is known.
        """
        ...


class Mailer(Protocol):
    """Sends a mail with exactly one request."""

    def wake(self, now: datetime) -> None:
        """Begin an invocation: drop connections that have been idle for over 5 s.

        A function is frozen between invocations, and its sockets die unseen: the first request on such a one
        would have an unknown outcome.
        """
        ...

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        """Return the id that SES gave the mail.

        Not a byte leaves at `deadline` or later: then TooLateError is raised. Otherwise raises
        RefusedBySesError (final), SesBusyError (TransientError), SesUnusableError (SystemicError), or
        UnknownOutcomeError when SES may have accepted it.
        """
        ...


class Rate(Protocol):
    """The account's sending rate, which is leased before anything else is asked or written."""

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Lease room for up to `count` mails; see `Grant`.

        Waits until something is granted, but never past `deadline`. Less than `count` may be granted: ask
        again for the rest. Raises a TransientError when the rate can't be asked.
        """
        ...


class Attachments(Protocol):
    """Fetches attachments from S3."""

    def fetch(self, attachment: Attachment, *, most_bytes: int) -> File:
        """Return the file with its bytes.

        Raises AttachmentMissingError, AttachmentTooLargeError (over `most_bytes`), or TransientError.
        """
        ...


class DeadLetters(Protocol):
    """The stream's dead-letter queue."""

    def copy(self, refusal: Refusal) -> None:
        """Put a copy of the refused body there, with its reason, field and detail as attributes."""
        ...


class Postponement(Protocol):
    """Hides records of the queue for a while."""

    def postpone(self, records: Mapping[Record, datetime], *, now: datetime) -> None:
        """Make each record visible again at its time, within what SQS allows (12 hours).

        What can't be postponed comes back by the queue's own visibility time; that is not an error.
        """
        ...
