"""Tokens, by the ring that stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.web.standing_ring import StandingRing
from postroad.web.token import Grant, KeyRing, Purpose, UnknownKeyError, make_token, read_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Tokens:
    """Reads and makes tokens with the ring that stands."""

    def __init__(self, read: Callable[[], KeyRing], *, now: datetime) -> None:
        """Read the ring now, and later again by the same call."""
        self._standing = StandingRing(read, now=now)
        self._now = now

    @property
    def machine_key(self) -> bytes:
        """What the names of machines are made with: any key will do that strangers don't know."""
        ring = self._standing.at(self._now)
        return ring.keys[ring.current]

    def make(self, grant: Grant, *, now: datetime) -> str:
        """Return the token of `grant`; see `make_token`."""
        self._now = now
        return make_token(self._standing.at(now), grant)

    def grant(self, token: str, purpose: Purpose, *, now: datetime) -> Grant | None:
        """Return what the token grants, or None where it isn't ours, or its key was taken out of the ring.

        A link that names a key which came later has the ring read again.
        """
        self._now = now
        try:
            return read_token(self._standing.at(now), token, purpose)
        except UnknownKeyError:
            ring = self._standing.anew(now)
        if ring is None:
            return None
        try:
            return read_token(ring, token, purpose)
        except UnknownKeyError:
            return None
