"""What an import does with contacts: a batch is saved, those who left leave, and all are counted."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Any

from postroad.cli.lists.problems import RowProblem
from postroad.contacts.leaving import leaving
from postroad.contacts.model import MOST_ATTRIBUTES, MOST_OF_ATTRIBUTES, Saved
from postroad.suppression.change import was_lifted_since
from postroad.suppression.model import (
    ALL_STREAMS,
    OWN_CHOICE,
    Suppression,
    is_in_force,
    stream_scope,
    topic_scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from postroad.cli.contact.saying import Said
    from postroad.contacts.model import NewConsent
    from postroad.contacts.ports import ContactStore, Leaving
    from postroad.suppression.model import HistoryEntry
    from postroad.suppression.ports import SuppressionStore


@dataclass(slots=True)
class Tally:
    """What became of the rows so far: one of these each, or still on its way.

    `erased` are left out: their data were erased, and a list brings nobody back. `suppressed` counts those
    among all of them whose address some mail may not reach, whatever was imported.
    """

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    invalid: int = 0
    erased: int = 0
    suppressed: int = 0

    @property
    def done(self) -> int:
        """Return how many are saved, or were as they should be."""
        return self.added + self.updated + self.unchanged + self.erased

    def take(self, done: Done) -> Sequence[RowProblem]:
        """Count a batch, and return those that the stores refused."""
        self.added += done.saved.count(Saved.ADDED)
        self.updated += done.saved.count(Saved.UPDATED)
        self.unchanged += done.saved.count(Saved.UNCHANGED)
        self.erased += done.saved.count(Saved.ERASED)
        self.suppressed += done.suppressed
        return done.refused

    def report(self) -> dict[str, Any]:
        """Return the counts, by name."""
        return {"rows": asdict(self)}


@dataclass(slots=True)
class Done:
    """What became of one batch."""

    saved: list[Saved] = field(default_factory=list)
    refused: list[RowProblem] = field(default_factory=list)
    suppressed: int = 0


class _Turns:
    """Lets batches that share an address wait for each other: else they would spoil each other's writes.

    Some lists hold the same address hundreds of times, where one was asked for and none was known.
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._changed = Condition()

    @contextmanager
    def of(self, keys: frozenset[str]) -> Iterator[None]:
        """Hold all of these addresses, once nobody else holds one of them."""
        with self._changed:
            self._changed.wait_for(lambda: self._held.isdisjoint(keys))
            self._held |= keys
        try:
            yield
        finally:
            with self._changed:
                self._held -= keys
                self._changed.notify_all()


class Stores:
    """Where contacts go."""

    def __init__(
        self,
        contacts: ContactStore,
        suppressions: SuppressionStore,
        leaving: Leaving,
        *,
        stream_of_topic: Mapping[str, str],
        now: datetime,
        write: bool,
    ) -> None:
        """Write at the time `now`, or with `write` off only say what would become of each."""
        self._stream_of_topic = stream_of_topic
        self._turns = _Turns()
        self._contacts = contacts
        self._suppressions = suppressions
        self._leaving = leaving
        self._now = now
        self._write = write

    def take(self, batch: Sequence[Said]) -> Done:
        """Save a batch, let those leave who left, and see who stays suppressed."""
        with self._turns.of(frozenset(said.contact.address_key for said in batch)):
            return self._take(batch)

    def _take(self, batch: Sequence[Said]) -> Done:
        saved = self._contacts.save([said.contact for said in batch], now=self._now, write=self._write)
        done = Done()
        for said, result in zip(batch, saved, strict=True):
            if result is Saved.REFUSED:
                done.refused.append(_too_many(said.row))
                continue
            # Who was erased has left everything; nothing more is written of them.
            named = said.left if result is not Saved.ERASED else ()
            left = [self._leaves(said, each, result) for each in named]
            done.saved.append(Saved.UPDATED if any(left) and result is Saved.UNCHANGED else result)
        keys = [said.contact.address_key for said in batch]
        found = self._suppressions.find(keys)
        stopped = {
            key
            for key, each in found.items()
            if any(is_in_force(entry, self._now) for entry in each.scopes.values())
        }
        done.suppressed = sum(key in stopped for key in keys)
        return done

    def _leaves(self, said: Said, left: NewConsent, result: Saved) -> bool:
        """Let somebody leave a topic; with `write` off only say whether that changes somebody who stands."""
        key = said.contact.address_key
        history: Sequence[HistoryEntry] = ()
        if left.at is not None or not self._write:
            history = self._suppressions.histories([key]).get(key, ())
        if left.at is not None and self._came_back(history, left.topic, left.at):
            return False
        source, evidence, now = left.source, left.evidence, left.at or self._now
        scopes, email = [topic_scope(left.topic)], said.contact.email
        if self._write:
            return self._leaving.leave(key, scopes, source=source, evidence=evidence, now=now, email=email)
        if result is not Saved.UNCHANGED:
            return False
        departure = leaving(
            self._suppressions.find([key]).get(key, Suppression(key, "", {})), history,
            self._contacts.find([key]).get(key), scopes, stream_of_topic=self._stream_of_topic,
            source=source, evidence=evidence, now=now, email=email,
        )  # fmt: skip
        return bool(departure)

    def _came_back(self, history: Sequence[HistoryEntry], topic: str, since: datetime) -> bool:
        """Say whether they were let back to a topic after they had left it: an old list tells nothing new."""
        scopes = (ALL_STREAMS, stream_scope(self._stream_of_topic.get(topic, "")), topic_scope(topic))
        return any(was_lifted_since(history, scope, OWN_CHOICE, since) for scope in scopes)


def _too_many(row: int) -> RowProblem:
    return RowProblem(
        row,
        "attributes",
        "",
        f"with these the contact would have more than {MOST_ATTRIBUTES} attributes, or more than "
        f"{MOST_OF_ATTRIBUTES:,} bytes of them",
        "Leave some out, or forget others with null (JSON Lines).",
    )
