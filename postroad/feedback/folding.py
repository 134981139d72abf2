"""All that SES says of one message at once, on its row. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from postroad.contract.words import Status
from postroad.feedback.status import LEAST, apply_event, is_news

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from postroad.feedback.event import FeedbackEvent
    from postroad.ledger.retention import Retention
    from postroad.ledger.row import Row


@dataclass(frozen=True, slots=True)
class Move:
    """A row before and after some events, and which of them were the first of their kind for it."""

    before: Row
    after: Row
    news: Sequence[FeedbackEvent] = ()

    @property
    def changes(self) -> bool:
        """Say whether there is anything to write."""
        return self.after != self.before


_MOVES_UP_ONLY = frozenset(
    {
        Status.SENT,
        Status.DELAYED,
        Status.DELIVERED,
        Status.BOUNCED,
        Status.COMPLAINED,
        Status.REJECTED,
    }
)
"""From these nobody but SES's events takes a row any more: what says nothing new to one of them says nothing
new to what follows it."""


def is_conclusive(move: Move) -> bool:
    """Say whether a move stays right though its row was read a moment too early.

    One that changes something is written on the version that was read, or not at all.
    """
    return move.changes or move.before.status in _MOVES_UP_ONLY


def fold(row: Row, events: Iterable[FeedbackEvent], retention: Retention = LEAST) -> Move:
    """Return what these events make of the row; its version stays, for whoever writes it to raise."""
    standing, news = row, []
    for event in events:
        moved = apply_event(standing, event, retention)
        if moved is None:
            continue
        if is_news(standing, event):
            news.append(event)
        standing = moved
    return Move(row, standing, news)


@dataclass(slots=True)
class Folding:
    """A change for `Ledger.apply` that remembers what it came to the last time that it was asked."""

    events: Sequence[FeedbackEvent]
    retention: Retention = LEAST
    move: Move | None = field(default=None, init=False)

    def __call__(self, row: Row) -> Row | None:
        """Return the row after the events, or None if they change nothing."""
        self.move = fold(row, self.events, self.retention)
        return self.move.after if self.move.changes else None
