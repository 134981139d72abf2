"""What the use cases need of the evidence.

Everything here that asks AWS raises an EvidenceUnavailableError (a TransientError) when it can't; each write
is keyed and may be repeated.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from postroad.evidence.canary import CanaryAnswer
from postroad.evidence.patience import Patience


class Watermarks(Protocol):
    """Up to which send time SES's events of a stream have been applied."""

    def read(self, stream: str) -> datetime | None:
        """Return the watermark, or None while there is none; an older one than now stands does no harm.

        Of a mail that SES accepted before it, every event that SES made by then has been applied to its row.
        Raises a TransientError.
        """
        ...


class MovingWatermarks(Watermarks, Protocol):
    """Watermarks, for those who move them."""

    def advance(self, stream: str, to: datetime) -> None:
        """Let the watermark be `to`, or what stands if that is later: it never goes back."""
        ...


class AppliedObjects(Protocol):
    """Which objects of events have been applied in full; each is remembered for three days."""

    def mark(self, key: str, newest_sends: Mapping[str, datetime], *, now: datetime) -> None:
        """Remember an object, with the newest Send time that it holds of each stream."""
        ...

    def has(self, key: str) -> bool:
        """Say whether this object has been applied, by a consistent read."""
        ...

    def of_hour(self, hour: datetime) -> Mapping[str, Mapping[str, datetime]]:
        """Return the newest Send times by stream of each applied object whose key's time is in this hour.

        One that was marked a moment ago may be missing yet.
        """
        ...


class EventObjects(Protocol):
    """The objects of events that Firehose wrote."""

    def read(self, key: str) -> Iterator[bytes] | None:
        """Return the object's bytes as they are stored, in pieces; None if there is no such object."""
        ...

    def keys(self, *, after: str, limit: int) -> Sequence[str]:
        """Return up to `limit` keys that sort after `after`, in the order of their bytes."""
        ...


class Notices(Protocol):
    """Tells `feedback` of objects, as S3 does."""

    def send(self, keys: Sequence[str], *, now: datetime) -> None:
        """Put one notification for each key on the queue of events."""
        ...


class CanaryPatience(Protocol):
    """What is remembered of each stream's canaries."""

    def read(self, stream: str) -> Patience:
        """Return what is remembered; an empty one at first."""
        ...

    def write(self, stream: str, patience: Patience) -> None:
        """Remember this unless somebody wrote since it was read; theirs then stands and nothing is raised."""
        ...


class Canaries(Protocol):
    """Sends a stream's canary by the stream's own function, role, sender and configuration set."""

    def send(self, stream: str) -> CanaryAnswer:
        """Send one and say how it fared; `unknown` too where the function itself can't be asked."""
        ...
