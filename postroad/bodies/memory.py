"""Kept bodies in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.bodies.ports import Kept, Whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime


class MemoryBodies:
    """`Bodies` in a dictionary."""

    def __init__(self) -> None:
        """Begin without bodies."""
        self._bodies: dict[tuple[str, str], str] = {}
        self._first_sent: dict[tuple[str, str], datetime] = {}

    def __contains__(self, message_id: str) -> bool:
        """Say whether a body of this message is kept."""
        return any(kept == message_id for kept, _ in self._bodies)

    def put(
        self, message_id: str, fingerprint: str, body: str, *, first_sent: datetime, until: datetime
    ) -> None:
        """Keep this body."""
        del until
        self._first_sent[message_id, fingerprint] = first_sent
        self._bodies[message_id, fingerprint] = body

    def get(self, message_id: str, fingerprint: str) -> str | None:
        """Return the body, or None."""
        return self._bodies.get((message_id, fingerprint))

    def get_many(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Whole]:
        """Return those bodies that are kept."""
        return {
            key: Whole(body, self._first_sent[key])
            for key in keys
            if (body := self._bodies.get(key)) is not None
        }

    def delete(self, message_id: str, fingerprint: str) -> None:
        """Forget the body."""
        self._bodies.pop((message_id, fingerprint), None)

    def erase(self, messages: Sequence[tuple[str, str]]) -> int:
        """Forget all that is kept of these messages; return how many bodies."""
        ids = {message_id for message_id, _ in messages}
        found = [kept for kept in self.all() if kept.message_id in ids]
        for kept in found:
            self.delete(kept.message_id, kept.fingerprint)
        return len(found)

    def of(self, message_id: str) -> list[Kept]:
        """Return what is kept of one message."""
        return [kept for kept in self.all() if kept.message_id == message_id]

    def all(self) -> Iterator[Kept]:
        """Yield everything that is kept."""
        for message_id, fingerprint in list(self._bodies):
            yield Kept(message_id, fingerprint, self._first_sent[message_id, fingerprint])
