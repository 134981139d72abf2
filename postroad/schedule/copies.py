"""A copy of a kept body on its way to the queue. Pure.

The limits are those of SendMessageBatch: ten messages, 1 MiB in all, where a message's size is that of its
body and of its attributes' names, types and values.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.contract.message import MAX_BODY_BYTES
from postroad.records import FIRST_SENT, GENERATION
from postroad.times import milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from postroad.schedule.pointer import Pointer

MOST_DELAY = timedelta(minutes=15)
"""The longest DelaySeconds that SQS takes."""
TYPE = "String"


@dataclass(frozen=True, slots=True)
class Copy:
    """What one pointer brings to the queue: the body, its attributes, and for how long it stays hidden."""

    pointer: Pointer
    body: str = field(repr=False)
    attributes: Mapping[str, str]
    delay_seconds: int
    size: int
    """Bytes, as SQS counts them."""

    @property
    def fits(self) -> bool:
        """Say whether a queue can take it."""
        return self.size <= MAX_BODY_BYTES


def make_copy(pointer: Pointer, body: str, *, first_sent: datetime, now: datetime) -> Copy:
    """Return the copy that leaves now.

    A body that leaves no room for both attributes goes without the time when it was first sent: then its own
    `created_at` counts, or else this copy's. The generation it must have, or `send` would schedule it again.
    """
    attributes = {GENERATION: str(pointer.generation), FIRST_SENT: str(milliseconds(first_sent))}
    length = len(body.encode())
    if length + _size(attributes) > MAX_BODY_BYTES:
        del attributes[FIRST_SENT]
    return Copy(pointer, body, attributes, _delay(pointer.due, now), length + _size(attributes))


def _size(attributes: Mapping[str, str]) -> int:
    return sum(len(name) + len(TYPE) + len(value) for name, value in attributes.items())


def _delay(due: datetime, now: datetime) -> int:
    """Return whole seconds until it is due: rather a moment late than early."""
    left = min(max(due - now, timedelta()), MOST_DELAY)
    return -(-left // timedelta(seconds=1))
