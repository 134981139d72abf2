"""What keeps a batch from going on where the stream is stopped, and stops it where SES takes no mail."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from postroad.sending.tripping import Tally, heard

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.circuit.ports import Breaker
    from postroad.sending.decisions import Why


class Fuse:
    """One process's view of its stream's breaker; it counts answers across batches, since some are small."""

    def __init__(self, breaker: Breaker) -> None:
        """Guard by this breaker; safe to use from several threads."""
        self._breaker = breaker
        self._lock = threading.Lock()
        self._tally = Tally()
        self._until: datetime | None = None

    def begin(self, *, now: datetime) -> None:
        """Begin a batch: ask once whether the stream runs. Raises a TransientError if that can't be asked."""
        self._until = self._breaker.closed_again_at(now=now)

    @property
    def stopped_until(self) -> datetime | None:
        """None while the stream runs, else when to look again."""
        return self._until

    def hear(self, why: Why | None, *, now: datetime) -> None:
        """Count what SES said to one request (None: it works), and stop the stream if it takes no mail."""
        with self._lock:
            self._tally, is_stopped = heard(self._tally, why, now=now)
            if is_stopped and why is not None:
                self._tally = Tally()
                if self._until is None:
                    self._until = self._breaker.trip(why.value, now=now)
