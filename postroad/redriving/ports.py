"""What redriving needs of the world, beside the ledger and the kept bodies."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from postroad.redriving.candidate import Letter


class DeadLetterBox(Protocol):
    """A stream's dead-letter queue. Its methods raise QueueUnavailableError."""

    def take(self) -> Iterator[Sequence[Letter]]:
        """Yield the letters, a few at a time and in no order; none is there twice.

        Nobody else is handed one for a quarter of an hour after it was yielded.
        """
        ...

    def remove(self, letters: Sequence[Letter]) -> None:
        """Take the letters out for good; one that is gone is no error."""
        ...

    def show_again(self, letters: Sequence[Letter]) -> None:
        """Let others see the letters at once, as far as that works: they come back by themselves later."""
        ...


class HeldMessages(Protocol):
    """Where to find what waits for an operator. Raises LedgerUnavailableError."""

    def of(self, stream: str) -> Iterator[str]:
        """Yield the ids of a stream's messages that are held, or were re-opened and not claimed since.

        It follows the ledger by a moment: the row says whether it is still so.
        """
        ...


class StreamQueue(Protocol):
    """A stream's queue, where `send` finds the body."""

    def put(self, body: str, *, first_sent: datetime | None) -> None:
        """Put the body there to the letter.

        `first_sent` is carried along, so that `send` counts the message's age from it. Raises
        QueueUnavailableError: the queue may have taken the body all the same.
        """
        ...
