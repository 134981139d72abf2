"""When the requests of a sub-batch may leave. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from postroad.sending.decisions import Why

FRESH = timedelta(seconds=5)
"""A suppression check older than this is not good enough to send on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What bounds a sub-batch's requests in time.

    `deadline` is when the function is stopped, and `request` the longest that one request may take. The
    suppressions were read at `checked_at`, and the rate was granted until `granted_until` (None: for ever).
    """

    deadline: datetime
    request: timedelta
    checked_at: datetime
    granted_until: datetime | None = None

    def closes_at(self, lease_until: datetime | None = None) -> datetime:
        """Return when it is too late for a request's first byte, on a claim with this lease."""
        until = self.deadline if lease_until is None else min(self.deadline, lease_until)
        latest = min(until - self.request, self.checked_at + FRESH)
        return latest if self.granted_until is None else min(latest, self.granted_until)

    def has_time(self, now: datetime) -> bool:
        """Say whether a request that begins now has its answer, or its failure, before the function stops."""
        return now + self.request < self.deadline

    def refuses(self, now: datetime, *, lease_until: datetime | None = None) -> Why | None:
        """Say why no request may leave now, or None if it may.

        A check from a time to come is of unknown age: the clock was set back.
        """
        if self.granted_until is not None and now >= self.granted_until:
            return Why.NO_RATE
        if now >= self.closes_at(lease_until) or self.checked_at - now >= FRESH:
            return Why.NO_TIME_LEFT
        return None
