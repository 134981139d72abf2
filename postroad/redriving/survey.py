"""What was found to be sent again, or to be left alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from postroad.redriving.judging import Judgement, Leave, Redrive, WhyLeft

if TYPE_CHECKING:
    from postroad.ledger.row import Row
    from postroad.redriving.candidate import Candidate, Letter, Unreadable
    from postroad.redriving.selection import Selection

MOST_BYTES = 200_000_000
"""Bodies held in memory; past this the rest waits for another run."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One message, with its row as it was found (None: not seen yet), and what is to be done.

    `candidate` is None where no body was found; `unreadable` tells of a dead letter that is no message.
    """

    message_id: str
    judgement: Judgement
    row: Row | None = None
    candidate: Candidate | None = None
    unreadable: Unreadable | None = None

    @property
    def is_forgotten(self) -> bool:
        """Say whether it is but a kept body, which its message's end has left over."""
        if self.candidate is None or self.candidate.letters:
            return False
        return isinstance(self.judgement, Leave) and self.judgement.why is WhyLeft.SETTLED


@dataclass(slots=True)
class Survey:
    """What was found so far. `more` says that the limit ended the search; what lies beyond is not known.

    `waiting` counts the kept bodies of messages that wait for their time or for evidence.
    """

    selection: Selection
    found: dict[Key, Found] = field(default_factory=dict)
    taken: list[Letter] = field(default_factory=list)
    more: bool = False
    waiting: int = 0
    _movable: int = 0
    _bytes: int = 0

    @property
    def to_move(self) -> list[Found]:
        """Return what is to be sent again, oldest first."""
        found = [
            (each.candidate.first_sent, each.message_id, each)
            for each in self.found.values()
            if isinstance(each.judgement, Redrive) and each.candidate is not None
        ]
        return [each for _, _, each in sorted(found, key=lambda one: one[:2])]

    @property
    def left(self) -> list[Found]:
        """Return what is left alone, by message id."""
        found = [each for each in self.found.values() if isinstance(each.judgement, Leave)]
        return sorted(found, key=lambda each: each.message_id)

    def add(self, key: Key, found: Found) -> None:
        """Add one message, unless it is one too many; the body of one that is left alone is forgotten."""
        if isinstance(found.judgement, Leave) and found.candidate is not None:
            found = replace(found, candidate=replace(found.candidate, body=None))
        elif isinstance(found.judgement, Redrive):
            if self._movable >= self.selection.limit or self._bytes >= MOST_BYTES:
                self.more = True
                return
            self._movable += 1
            self._bytes += len(found.candidate.body or "") if found.candidate is not None else 0
        self.found[key] = found

    def add_copy(self, key: Key, letter: Letter) -> None:
        """Add another copy of a message that was found before."""
        found = self.found[key]
        if found.candidate is not None:
            self.found[key] = replace(found, candidate=found.candidate.with_letter(letter))
