"""The key ring as it stands: read when a process starts, and again every few minutes. Pure.

So a key that was added signs soon, everywhere and without a deployment, and one that was taken out of the
ring neither signs nor verifies for long.
"""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from postroad.settings import SettingsError
from postroad.web.errors import RingUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from postroad.web.token import KeyRing

FRESH = timedelta(minutes=5)
"""A process uses a ring no longer than that; but for one that can't be read, which it waits for."""
AGAIN = timedelta(minutes=1)
"""Between two readings that a token of an unknown key asks for, however many forged key ids come."""


class StandingRing:
    """One process's ring. Threads may share it: one of them reads, the others go on with what they have."""

    def __init__(self, read: Callable[[], KeyRing], *, now: datetime) -> None:
        """Read the ring now, and later again by the same call."""
        self._read = read
        self._ring = read()
        self._read_at = now
        self._is_behind = False
        """Whether the last reading for a token of an unknown key failed."""
        self._reading = Lock()

    def at(self, now: datetime) -> KeyRing:
        """Return the ring that stands at this time, as far as it can be read.

        Where it can't, or was spoilt by hand, the last one that was right goes on: people must be able to
        leave.
        """
        if now >= self._read_at + FRESH and self._reading.acquire(blocking=False):
            try:
                self._ring, self._read_at, self._is_behind = self._read(), now, False
            except (RingUnavailableError, SettingsError):
                self._read_at = now - FRESH + AGAIN
            finally:
                self._reading.release()
        return self._ring

    def anew(self, now: datetime) -> KeyRing | None:
        """Read the ring for a token whose key it lacks; None where it was read so lately that it says enough.

        Raises RingUnavailableError where it can't be read, or was spoilt: whether the token is ours can't be
        told then.
        """
        if now < self._read_at + AGAIN:
            if self._is_behind:  # who is told that a link is none of ours doesn't try again
                raise RingUnavailableError("the ring could not be read a moment ago")
            return None
        self._read_at, self._is_behind = now, True
        try:
            self._ring = self._read()
        except SettingsError as error:
            raise RingUnavailableError("the ring was spoilt: put back the value that it had") from error
        self._is_behind = False
        return self._ring
