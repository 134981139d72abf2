"""The key ring of a process: read once, and again when a link names a key that came later. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from postroad.web.token import Grant, KeyRing, Purpose, UnknownKeyError, make_token, read_token

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

AGAIN = timedelta(minutes=1)
"""Between two readings, however many forged key ids come."""


class Tokens:
    """Reads tokens with the ring that stands."""

    def __init__(self, read: Callable[[], KeyRing], *, now: datetime) -> None:
        """Read the ring now, and later again by the same call."""
        self._read = read
        self._ring = read()
        self._read_at = now

    @property
    def machine_key(self) -> bytes:
        """What the names of machines are made with: any key will do that strangers don't know."""
        return self._ring.keys[self._ring.current]

    def make(self, grant: Grant) -> str:
        """Return the token of `grant`; see `make_token`."""
        return make_token(self._ring, grant)

    def grant(self, token: str, purpose: Purpose, *, now: datetime) -> Grant | None:
        """Return what the token grants, or None where it isn't ours."""
        try:
            return read_token(self._ring, token, purpose)
        except UnknownKeyError:
            if now < self._read_at + AGAIN:
                return None
        self._read_at = now
        self._ring = self._read()
        try:
            return read_token(self._ring, token, purpose)
        except UnknownKeyError:
            return None
