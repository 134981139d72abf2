"""The use case: let the watermarks follow what has been applied."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.evidence.advance import Advance, judge
from postroad.evidence.object_keys import PREFIX, folder_of, hour_of, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.evidence.ports import AppliedObjects, EventObjects, MovingWatermarks

OVERLAP = timedelta(minutes=15)
"""So far before the newest object that counts, objects are looked at again: Firehose fills several at once,
so that one may appear after others whose keys are later."""

MOST_KEYS = 20_000
"""Of one listing. It has to hold more than two hours; one of a million mails makes about 2,000 of 5 MB."""

FRONTIER = "*"
"""The time of the newest object that counts lies where a stream's watermark does; no stream has this name."""


class Following:
    """Moves the watermarks. Any number may do so at once: each only says what holds."""

    def __init__(
        self,
        *,
        objects: EventObjects,
        applied: AppliedObjects,
        watermarks: MovingWatermarks,
        most_keys: int = MOST_KEYS,
    ) -> None:
        """Work on these stores; one listing takes up to `most_keys` keys."""
        self._objects = objects
        self._applied = applied
        self._watermarks = watermarks
        self._most_keys = most_keys

    def follow(self, *, now: datetime) -> Advance:
        """Move every watermark as far as the objects allow, and return what they allow.

        Objects whose key's time is yet to come are left out until it has: the frontier never goes back, and
        one that was put there by hand would hide all others from it for ever.

        Raises an EvidenceUnavailableError; what was moved by then is right.
        """
        frontier = self._watermarks.read(FRONTIER)
        since = None if frontier is None else frontier - OVERLAP
        keys = [key for key in self._listed(since) if not _is_ahead(key, now)]
        # Marks are read after the keys: an object whose mark is missed merely holds the rest back.
        advance = judge(keys, self._marks(keys), since=since)
        for stream, to in advance.watermarks.items():
            self._watermarks.advance(stream, to)
        # Last: it says that nobody needs to look before it again.
        if advance.frontier is not None:
            self._watermarks.advance(FRONTIER, advance.frontier)
        return advance

    def _listed(self, since: datetime | None) -> Sequence[str]:
        after = PREFIX if since is None else folder_of(since)
        keys = self._objects.keys(after=after, limit=self._most_keys)
        if len(keys) < self._most_keys:
            return keys
        # What comes next is unknown, and may be of an earlier time in the same hour: whole hours are certain.
        hours = [hour_of(at) for key in keys if (at := time_of(key)) is not None]
        last = max(hours, default=None)
        return [key for key in keys if (at := time_of(key)) is not None and hour_of(at) != last]

    def _marks(self, keys: Sequence[str]) -> Mapping[str, Mapping[str, datetime]]:
        hours = {hour_of(at) for key in keys if (at := time_of(key)) is not None}
        marks: dict[str, Mapping[str, datetime]] = {}
        for hour in sorted(hours):
            marks.update(self._applied.of_hour(hour))
        return marks


def _is_ahead(key: str, now: datetime) -> bool:
    # Firehose's clock may differ from ours, and by far less than this.
    at = time_of(key)
    return at is not None and at > now + OVERLAP
