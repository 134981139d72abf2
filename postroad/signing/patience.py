"""How many requests may be repeated before a service is left in peace. Pure.

As in botocore's standard mode: while a service is down or overloaded, a process that repeated each of its
requests would ask it four times as often as usual, and keep it down.
"""

from __future__ import annotations

from threading import Lock

MOST = 500
PRICE = 5
"""Of a repetition."""
PRICE_AFTER_SILENCE = 10
"""Of one after a request without an answer: it has cost seconds already."""
REWARD = 1
"""For a request that succeeded at once."""


class Patience:
    """What one process has left for one service; threads may share it."""

    def __init__(self) -> None:
        """Begin with all of it: enough for a hundred repetitions in vain."""
        self._left = MOST
        self._lock = Lock()

    def spend(self, price: int) -> bool:
        """Pay for a repetition, and say whether there was enough left."""
        with self._lock:
            if self._left < price:
                return False
            self._left -= price
            return True

    def give_back(self, amount: int) -> None:
        """Take back what a success proves to have been well spent, and never hold more than at first."""
        if self._left == MOST:
            return  # as it is nearly always
        with self._lock:
            self._left = min(MOST, self._left + amount)
