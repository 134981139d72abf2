"""The world of sending in memory: for fast tests and for walks that need no AWS account."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from postroad.governor.grant import Grant, Shortage
from postroad.sending.errors import AttachmentMissingError, AttachmentTooLargeError
from postroad.sending.mail import File

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from postroad.contacts.model import Contact
    from postroad.contract.message import Attachment, Journey
    from postroad.records import Record
    from postroad.sending.mail import Mail, Refusal


class MemoryMailer:
    """A `Mailer` that keeps what it was given. `on_send` may raise, before or instead of accepting."""

    def __init__(self, on_send: Callable[[Mail], None] | None = None) -> None:
        """Begin with nothing sent."""
        self.mails: list[Mail] = []
        self.wakes: list[datetime] = []
        self.on_send = on_send
        self._lock = threading.Lock()

    def wake(self, now: datetime) -> None:
        """Note that an invocation began."""
        self.wakes.append(now)

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        """Keep the mail and number it."""
        del deadline
        if self.on_send is not None:
            self.on_send(mail)
        with self._lock:
            self.mails.append(mail)
            return f"ses-{len(self.mails)}"


class MemoryAttachments:
    """`Attachments` in a dictionary of `bucket/key` to bytes."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        """Hold these objects."""
        self.objects = dict(objects or {})

    def fetch(self, attachment: Attachment, *, most_bytes: int) -> File:
        """Return the file; see `Attachments.fetch`."""
        if attachment.s3 not in self.objects:
            raise AttachmentMissingError("there is no such object")
        content = self.objects[attachment.s3]
        if len(content) > most_bytes:
            raise AttachmentTooLargeError("too large")
        return File(attachment.filename, attachment.content_type, content)


class MemoryHours:
    """`SendingHours` that are the same for everybody: always, but in the spans that are `shut`."""

    def __init__(self, *shut: tuple[datetime, datetime]) -> None:
        """Let nothing leave from the beginning of each span up to, and without, its end; in order."""
        self.shut = shut
        self.asked_of: list[Contact | None] = []

    def are_limited(self, stream: str, journey: Journey) -> bool:
        """Say whether there is any span; see `SendingHours.are_limited`."""
        del stream, journey
        return bool(self.shut)

    def next_hour(
        self, stream: str, journey: Journey, contact: Contact | None, *, asked: datetime, deadline: datetime
    ) -> datetime | None:
        """Return the first moment; see `SendingHours.next_hour`."""
        del stream, journey
        self.asked_of.append(contact)
        for begins, ends in self.shut:
            asked = ends if begins <= asked < ends else asked
        return asked if asked <= deadline else None


class MemoryDeadLetters:
    """`DeadLetters` in a list."""

    def __init__(self) -> None:
        """Begin empty."""
        self.copies: list[Refusal] = []

    def copy(self, refusal: Refusal) -> None:
        """Keep the refusal."""
        self.copies.append(refusal)


class MemoryPostponement:
    """`Postponement` that notes until when each record is hidden."""

    def __init__(self) -> None:
        """Begin with nothing hidden."""
        self.until: dict[str, datetime] = {}

    def postpone(self, records: Mapping[Record, datetime], *, now: datetime) -> None:
        """Note the times."""
        del now
        self.until.update({record.sqs_id: until for record, until in records.items()})


class MemoryRate:
    """`Rate` that grants up to `room` in all (everything, unless it is set) and notes what was asked."""

    def __init__(self) -> None:
        """Begin without a limit; once `room` is used up there is a `shortage` of time, unless it is set."""
        self.room: int | None = None
        self.shortage = Shortage.TIME
        self.until: datetime | None = None
        self.asked: list[int] = []

    def take(self, count: int, *, deadline: datetime) -> Grant:
        """Grant what there is room for, without waiting."""
        del deadline
        self.asked.append(count)
        granted = count if self.room is None else min(count, self.room)
        if self.room is not None:
            self.room -= granted
        return Grant(granted, self.until) if granted else Grant(0, None, self.shortage)
