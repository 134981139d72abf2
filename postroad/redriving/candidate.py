"""A message that could be sent again, put together from where its body lies. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from postroad.contract.fingerprint import fingerprint
from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import MAX_BODY_BYTES
from postroad.contract.parser import parse_message
from postroad.ledger.row import REFUSAL_PREFIX

if TYPE_CHECKING:
    from datetime import datetime

ROOM_FOR_FIRST_SENT = 256
"""Bytes that the attribute takes of a message's 1 MiB, and some more."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A copy of a body in the dead-letter queue.

    `reason`, `field` and `detail` are those of the refusal. `kept_under` is the id under which a body that
    was too large for the queue is kept instead, or empty.
    """

    sqs_id: str
    receipt: str
    body: str = field(repr=False)
    reason: str
    field: str
    detail: str
    first_sent: datetime
    kept_under: str = ""

    def without_body(self) -> Letter:
        """Return what is enough to find the letter again: a queue may hold more bodies than memory does."""
        return replace(self, body="")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message, by its id and fingerprint, with every place where its body lies.

    `body` is None where it is only kept, and not read yet. `letters` are its copies in the dead-letter queue.
    `stream` is what the body names; empty as long as it is not read. `carries_time` says whether the body
    leaves room to carry `first_sent` along, and `has_time` whether it holds a time of its own.
    """

    message_id: str
    fingerprint: str
    first_sent: datetime
    body: str | None = field(default=None, repr=False)
    stream: str = ""
    letters: tuple[Letter, ...] = ()
    kept: bool = False
    has_time: bool = True
    carries_time: bool = True

    @property
    def is_too_large(self) -> bool:
        """Say whether the body can't move, since its age would be forgotten."""
        return not self.has_time and not self.carries_time

    @property
    def reason(self) -> str:
        """Why its latest dead letter lies there, or an empty string."""
        return self.letters[-1].reason if self.letters else ""

    def with_letter(self, letter: Letter) -> Candidate:
        """Return the candidate with one more copy."""
        first = min(self.first_sent, letter.first_sent)
        return replace(self, letters=(*self.letters, letter.without_body()), first_sent=first)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A dead letter whose body is no message: `field` and `detail` say what is wrong with it."""

    letter: Letter
    message_id: str | None
    field: str
    detail: str

    @property
    def shown_id(self) -> str:
        """Its message's id; without one that of its refusal, which no message can have."""
        return self.message_id or REFUSAL_PREFIX + self.letter.sqs_id


def read_letter(letter: Letter, body: str) -> Candidate | Unreadable:
    """Return the message that a dead letter holds; `body` is its own, or what is kept for it."""
    try:
        candidate = read_body(body, first_sent=letter.first_sent)
    except InvalidMessage as invalid:
        return Unreadable(letter.without_body(), invalid.message_id, invalid.field, invalid.detail)
    return candidate.with_letter(letter)


def read_body(body: str, *, first_sent: datetime) -> Candidate:
    """Return the message that a body holds. Raises InvalidMessage."""
    message = parse_message(body)
    return Candidate(
        message_id=message.message_id,
        fingerprint=fingerprint(message),
        first_sent=first_sent,
        body=body,
        stream=message.stream,
        has_time=message.created_at is not None,
        carries_time=len(body.encode()) + ROOM_FOR_FIRST_SENT <= MAX_BODY_BYTES,
    )
