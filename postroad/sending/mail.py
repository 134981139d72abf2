"""A mail that is ready to go, and what a message becomes on its way there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from postroad.contract.tags import ses_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.caps.counting import Slot
    from postroad.contract.message import Message
    from postroad.contract.words import Reason
    from postroad.ledger.row import Row
    from postroad.records import Record


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its bytes."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything that one SendEmail request says. `tags` are encoded as SES wants them."""

    sender: str
    to: str
    to_name: str
    reply_to: str
    subject: str
    text: str | None
    html: str | None
    headers: Mapping[str, str]
    files: tuple[File, ...]
    configuration_set: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A record that is a valid message of this stream."""

    record: Record
    message: Message
    fingerprint: str
    address: str
    address_key: str
    canonical: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that could be sent at once, with the row that it would begin with.

    `address_keys` are those of all who must not be suppressed: the recipient, and whoever gets it instead.
    `slot` is where it is counted, once it is, on a stream that has caps.
    """

    parsed: Parsed
    mail: Mail
    row: Row
    allowed: bool
    address_keys: tuple[str, ...]
    slot: Slot | None = None

    @property
    def file_bytes(self) -> int:
        """How much memory its attachments take."""
        return sum(len(file.content) for file in self.mail.files)

    def mail_of(self, attempt: int) -> Mail:
        """Return the mail with the tags that tell this attempt's events from any other's."""
        message = self.parsed.message
        return replace(self.mail, tags=ses_tags(message.message_id, attempt, message.tags))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that can never be sent as it is.

    `message_id` is None where the body has none that can be read; `field` and `detail` name what is wrong and
    how to mend it, without a value of the message.
    """

    record: Record
    reason: Reason
    field: str
    detail: str
    message_id: str | None = None
    parsed: Parsed | None = None
