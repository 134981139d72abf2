"""The messages of a load test, each made of its number alone: the same mix gives the same traffic. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum
from itertools import accumulate
from math import sqrt
from typing import TYPE_CHECKING

from postroad.contract.words import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from postroad.load.mix import Kind, Mix

MAILBOXES = "simulator.amazonses.com"
"""SES's mailbox simulator: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html. It
tells success, bounce and complaint by the part before the `+`; what follows it is ours. Its mail counts for
the rate and is paid for, and counts neither for the daily quota nor for reputation."""
ENDS = {"success": Status.DELIVERED, "bounce": Status.BOUNCED, "complaint": Status.COMPLAINED}
"""How a mail to each mailbox ends."""
SECOND_COPY_AFTER = 25
"""Messages between a message and its second copy: near enough to meet the first one's claim under way."""
DEFAULT_TOPIC = "load"
_SENTENCE = "This mail is part of a load test; nobody needs to read it.\n"


class _Choice(IntEnum):
    """What is chosen for each message, by the prime number under its root."""

    KIND = 2
    MAILBOX = 3
    SCHEDULED = 5
    DELAY = 7
    DUPLICATE = 11
    ATTACHED = 13
    BYTES = 17
    LOCALE = 19


@dataclass(frozen=True, slots=True)
class Made:
    """One message to enqueue; `again` marks the second copy of one that was made before."""

    message: Mapping[str, object]
    message_id: str
    stream: str
    expected: Status
    again: bool = False
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The messages of one run of a mix.

    `run` begins every id. `examples` holds the data of each template, `attachments` what a message says of
    the file of each (stream, size), and `topics` the topic of the streams that ask for one.
    """

    mix: Mix
    run: str
    count: int
    examples: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    attachments: Mapping[tuple[str, int], Mapping[str, str]] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)

    def messages(self, now: Callable[[], datetime]) -> Iterator[Made]:
        """Yield `count` messages, and the second copies of some; `now` is asked for each that waits."""
        copies: deque[tuple[int, Made]] = deque()
        for number in range(self.count):
            made = self.make(number, now)
            yield made
            if _share(number, _Choice.DUPLICATE) < self._kind(number).duplicates:
                copies.append((number + SECOND_COPY_AFTER, replace(made, again=True)))
            while copies and copies[0][0] <= number:
                yield copies.popleft()[1]
        yield from (copy for _, copy in copies)

    def make(self, number: int, now: Callable[[], datetime]) -> Made:
        """Make the message with this number, from 0."""
        kind = self._kind(number)
        message_id = f"{self.run}-{number}"
        mailbox = _mailbox(kind, number)
        message: dict[str, object] = {
            "message_id": message_id,
            "to": {"email": f"{mailbox}+{message_id}@{MAILBOXES}"},
            **self._content(kind, number),
        }
        if kind.locales:
            place = int(_share(number, _Choice.LOCALE) * len(kind.locales))
            message["locale"] = kind.locales[place]
        topic = kind.topic or self.topics.get(kind.stream)
        if topic is not None:
            message["topic"] = topic
        if _share(number, _Choice.ATTACHED) < kind.attached:
            message["attachments"] = [self.attachments[kind.stream, kind.attachment_bytes]]
        send_at = None
        if _share(number, _Choice.SCHEDULED) < kind.scheduled:
            delay = kind.scheduled_seconds * _share(number, _Choice.DELAY)
            send_at = now() + timedelta(seconds=delay)
            message["send_at"] = send_at
        return Made(message, message_id, kind.stream, ENDS[mailbox], send_at=send_at)

    def _kind(self, number: int) -> Kind:
        kinds = self.mix.messages
        sums = list(accumulate(kind.weight for kind in kinds))
        return kinds[min(bisect_right(sums, _share(number, _Choice.KIND) * sums[-1]), len(kinds) - 1)]

    def _content(self, kind: Kind, number: int) -> dict[str, object]:
        length = kind.bytes + round(kind.spread_bytes * _share(number, _Choice.BYTES))
        if kind.template is None:
            return {"content": {"subject": f"Load test {number}", "text": filler(length) or _SENTENCE}}
        data = self.examples[kind.template]
        return {"template": kind.template, "data": {**data, "load": filler(length)} if length else data}


def filler(length: int) -> str:
    """Return a text of so many ASCII letters."""
    return (_SENTENCE * (length // len(_SENTENCE) + 1))[:length]


def _mailbox(kind: Kind, number: int) -> str:
    chosen = _share(number, _Choice.MAILBOX)
    if chosen < kind.bounces:
        return "bounce"
    return "complaint" if chosen < kind.bounces + kind.complaints else "success"


def _share(number: int, choice: _Choice) -> float:
    """Return a number from 0 to below 1 for a choice, spread evenly over successive messages.

    Multiples of an irrational number, less their whole part: a share of 2 % then holds after some hundred
    messages, where chance would need tens of thousands. The roots of different primes have nothing to do with
    one another, and neither have the choices.
    """
    return (number + 1) * sqrt(choice) % 1.0
