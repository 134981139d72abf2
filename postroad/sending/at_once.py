"""How many mails go together. Pure."""

from __future__ import annotations


class AtOnce:
    """The size of a sub-batch: as many as there are threads, fewer where they miss their turn in the rate.

    Mails that are granted together are looked up and claimed together before the first of them leaves. Where
    that takes longer than the grant lasts (a slow table, a busy machine) all of them are released, and the
    same number would miss the next turn as well.
    """

    def __init__(self, most: int) -> None:
        """Begin with so many, which are also the most."""
        self._most = most
        self.count = most

    def learn(self, *, missed: bool) -> None:
        """Take half as many after a turn that some missed, twice as many after one that none did."""
        self.count = max(1, self.count // 2) if missed else min(self._most, self.count * 2)
