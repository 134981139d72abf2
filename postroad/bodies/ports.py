"""What the use cases need of the kept bodies."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """That a body is kept: whose, and when a queue first took it."""

    message_id: str
    fingerprint: str
    first_sent: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """A kept body itself, and when a queue first took it."""

    body: str = field(repr=False)
    first_sent: datetime


class Bodies(Protocol):
    """The bodies of messages that are held, failed or scheduled, by message id and fingerprint.

    The fingerprint is the one on the message's row. Two bodies that race for one id are kept apart by it, so
    the one that loses can't take the place of the one that the row stands for.
    """

    def put(
        self, message_id: str, fingerprint: str, body: str, *, first_sent: datetime, until: datetime
    ) -> None:
        """Keep this body until `until`; one under the same id and fingerprint is replaced.

        `first_sent` is when a queue first took it. Raises BodiesUnavailableError.
        """
        ...

    def get(self, message_id: str, fingerprint: str) -> str | None:
        """Return the body, or None. Raises BodiesUnavailableError."""
        ...

    def delete(self, message_id: str, fingerprint: str) -> None:
        """Forget the body, if there is one. Raises BodiesUnavailableError."""
        ...


class ManyBodies(Protocol):
    """The same store, for those who read many at once."""

    def get_many(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Whole]:
        """Return those bodies that are kept, by message id and fingerprint; the others are left out.

        The reads are consistent. The caller bounds how many it takes at once: each may be 1 MiB. Raises
        BodiesUnavailableError, and then nothing is known of any of them.
        """
        ...


class KeptBodies(Protocol):
    """The same store as an operator looks at it. Its methods raise BodiesUnavailableError."""

    def get(self, message_id: str, fingerprint: str) -> str | None:
        """Return the body, or None."""
        ...

    def of(self, message_id: str) -> list[Kept]:
        """Return what is kept of one message."""
        ...

    def all(self) -> Iterator[Kept]:
        """Yield everything that is kept, in no order, page by page and without the bodies themselves."""
        ...
