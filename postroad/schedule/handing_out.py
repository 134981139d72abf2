"""From pointers to copies on the queue: some fifty at a time, with what can go wrong with each.

The order makes a crash harmless: a pointer goes after the queue took its copy. What dies in between leaves
the pointer, and the next run brings a second copy, which `send` knows by the row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from postroad.batches import split
from postroad.contract.words import Reason
from postroad.schedule.copies import make_copy
from postroad.schedule.holding import held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from postroad.bodies.ports import ManyBodies, Whole
    from postroad.ledger.ports import Change
    from postroad.ledger.row import Row
    from postroad.schedule.copies import Copy
    from postroad.schedule.pointer import Pointer
    from postroad.schedule.ports import Schedule, StreamQueue

MOST_FAILURES = 3
"""Requests that fail in a row in one piece of work, or in one minute: then it is left to the next run."""


class Hopeless(Enum):
    """Why a message can't be handed out, now or later: the reason on its row, and the detail."""

    LOST = Reason.BODY_LOST, "its body was not kept any more when its time came"
    REFUSED = Reason.BODY_LOST, "the queue does not take its body as it was kept"
    NO_ROOM = Reason.TOO_LARGE, "its body leaves no room on the queue for what a message that waited carries"


@dataclass(slots=True)
class Handed:
    """What became of some pointers. `left` still stand where they lay; `failures` counts failed requests."""

    taken: int = 0
    dropped: int = 0
    held: Counter[Reason] = field(default_factory=Counter)
    left: list[Pointer] = field(default_factory=list)
    failures: int = 0

    def add(self, other: Handed) -> None:
        """Add what became of others."""
        self.taken += other.taken
        self.dropped += other.dropped
        self.held.update(other.held)
        self.left.extend(other.left)
        self.failures += other.failures


class Rows(Protocol):
    """Where it is noted that a message is held: the ledger."""

    def apply(self, message_id: str, change: Change) -> Row | None:
        """Change the row of a message; see `Ledger.apply`."""
        ...


class HandingOut:
    """Puts the messages of one stream on its queue; threads may share it."""

    def __init__(
        self,
        *,
        schedule: Schedule,
        bodies: ManyBodies,
        ledger: Rows,
        queue: StreamQueue,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Work on these; `on_error` is told of each request that failed."""
        self._schedule = schedule
        self._bodies = bodies
        self._ledger = ledger
        self._queue = queue
        self._on_error = on_error

    def hand_out(self, pointers: Sequence[Pointer], *, now: datetime) -> Handed:
        """Hand out these, in their order; never raises an Exception."""
        piece = _Piece(now)
        bodies, unread = self._read(pointers, piece)
        piece.handed.left.extend(unread)
        copies: list[Copy] = []
        for pointer in pointers:
            whole = bodies.get(_key(pointer))
            if whole is not None:
                copy = make_copy(pointer, whole.body, first_sent=whole.first_sent, now=now)
                if copy.fits:
                    copies.append(copy)
                else:
                    self._give_up(pointer, Hopeless.NO_ROOM, piece)
            elif pointer not in unread:
                self._give_up(pointer, Hopeless.LOST, piece)
        for batch in split(copies):
            self._send(batch, piece)
        self._remove(piece)
        return piece.handed

    def _read(
        self, pointers: Sequence[Pointer], piece: _Piece
    ) -> tuple[Mapping[tuple[str, str], Whole], set[Pointer]]:
        """Return the bodies, and the pointers of which nothing is known.

        What can't be read together is read one by one: so a single body that can't be keeps nobody else.
        """
        try:
            return self._bodies.get_many([_key(pointer) for pointer in pointers]), set()
        except Exception as error:  # noqa: BLE001 - whatever a body holds, its neighbours' turn has come
            self._failed(error, piece)
        bodies: dict[tuple[str, str], Whole] = {}
        unread: set[Pointer] = set()
        for pointer in pointers:
            if piece.is_failing or len(pointers) == 1:
                unread.add(pointer)
                continue
            try:
                bodies.update(self._bodies.get_many([_key(pointer)]))
                piece.failures_in_a_row = 0
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(error, piece)
                unread.add(pointer)
        return bodies, unread

    def _send(self, batch: list[Copy], piece: _Piece) -> None:
        pointers = [copy.pointer for copy in batch]
        if piece.is_failing:
            piece.handed.left.extend(pointers)
            return
        try:
            refused = self._queue.send(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the pointers stay, and others go on
            self._failed(error, piece)
            piece.handed.left.extend(pointers)
            return
        if len(refused) == len(batch):
            piece.handed.failures += 1
            piece.failures_in_a_row += 1
        else:
            piece.failures_in_a_row = 0
        for place, pointer in enumerate(pointers):
            why = refused.get(place)
            if why is None:
                piece.handed.taken += 1
                piece.done.append(pointer)
            elif why.forever:
                self._give_up(pointer, Hopeless.REFUSED, piece)
            else:
                piece.handed.left.append(pointer)

    def _give_up(self, pointer: Pointer, why: Hopeless, piece: _Piece) -> None:
        """Hold the message, if it still waits for this pointer; else the pointer means nothing any more."""
        reason, detail = why.value
        changed: list[Row] = []

        def change(row: Row) -> Row | None:
            changed.clear()
            after = held(row, pointer.generation, reason=reason, detail=detail, now=piece.now)
            if after is not None:
                changed.append(after)
            return after

        try:
            self._ledger.apply(pointer.message_id, change)
        except Exception as error:  # noqa: BLE001 - as in `_send`
            self._failed(error, piece)
            piece.handed.left.append(pointer)
            return
        if changed:
            piece.handed.held[reason] += 1
        else:
            piece.handed.dropped += 1
        piece.done.append(pointer)

    def _remove(self, piece: _Piece) -> None:
        try:
            self._schedule.remove(piece.done)
        except Exception as error:  # noqa: BLE001 - as in `_send`
            self._failed(error, piece)
            # They have been handed out, and stand as far as is known: the next run hands them out again.
            piece.handed.left.extend(piece.done)

    def _failed(self, error: Exception, piece: _Piece) -> None:
        piece.handed.failures += 1
        piece.failures_in_a_row += 1
        self._on_error(error)


@dataclass(slots=True)
class _Piece:
    """One piece of work. `done` are the pointers that have done their part, and are to be removed."""

    now: datetime
    handed: Handed = field(default_factory=Handed)
    done: list[Pointer] = field(default_factory=list)
    failures_in_a_row: int = 0

    @property
    def is_failing(self) -> bool:
        return self.failures_in_a_row >= MOST_FAILURES


def _key(pointer: Pointer) -> tuple[str, str]:
    return pointer.message_id, pointer.fingerprint
