"""The queues in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from postroad.ledger.memory import MemoryLedger
    from postroad.redriving.candidate import Letter


@dataclass
class MemoryDeadLetterBox:
    """`DeadLetterBox` in a dictionary by SQS id; `hidden` are those that somebody has taken."""

    letters: dict[str, Letter] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def take(self) -> Iterator[Sequence[Letter]]:
        """Yield the letters that nobody has taken, one by one."""
        for sqs_id, letter in list(self.letters.items()):
            if sqs_id not in self.hidden:
                self.hidden.add(sqs_id)
                yield [letter]

    def remove(self, letters: Sequence[Letter]) -> None:
        """Take the letters out."""
        for letter in letters:
            self.letters.pop(letter.sqs_id, None)
            self.hidden.discard(letter.sqs_id)

    def show_again(self, letters: Sequence[Letter]) -> None:
        """Let others take the letters."""
        self.hidden -= {letter.sqs_id for letter in letters}


@dataclass
class MemoryHeld:
    """`HeldMessages` over a ledger in memory."""

    ledger: MemoryLedger

    def of(self, stream: str) -> Iterator[str]:
        """Yield the ids of what waits for an operator."""
        for row in self.ledger.rows():
            if row.waits_for_operator and row.stream == stream:
                yield row.message_id


@dataclass
class MemoryStreamQueue:
    """`StreamQueue` in a list of bodies, each with the time that it carries."""

    bodies: list[tuple[str, datetime | None]] = field(default_factory=list)

    def put(self, body: str, *, first_sent: datetime | None) -> None:
        """Append the body."""
        self.bodies.append((body, first_sent))
