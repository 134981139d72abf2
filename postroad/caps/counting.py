"""The use case: mails about to leave are counted, as far as the caps of their category let them. Pure.

Of one person's mails each is counted by a write on the condition that nobody else wrote since: two functions
at one moment never both take the last free slot. What dies after counting leaves a mail counted that didn't
leave yet; it is the same one that leaves when it is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.caps.deciding import Counted, claim, give_back, renew
from postroad.caps.errors import CapsUnavailableError
from postroad.caps.tally import Place, Tally
from postroad.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.caps.deciding import Cap
    from postroad.caps.ports import Tallies

ATTEMPTS = 10
"""So often it is tried again where others count mails of the same person at the same moment."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A mail is counted there as of `at`; `is_new` says that it wasn't before."""

    place: Place
    message_id: str
    at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Full:
    """The caps let this mail go at `free_at` at the earliest; others may be faster then.

    `was_counted`: it was counted an earlier time, and still is.
    """

    free_at: datetime
    was_counted: bool = False


Outcome = Slot | Full | CapsUnavailableError


class Counting:
    """Counts mails by person and category. Safe to use from several threads."""

    def __init__(self, tallies: Tallies, caps: Mapping[str, Sequence[Cap]]) -> None:
        """Count there, by these caps of each category."""
        self._tallies = tallies
        self._caps = {category: tuple(some) for category, some in caps.items() if some}

    def is_capped(self, category: str) -> bool:
        """Say whether mails of this category are counted at all."""
        return category in self._caps

    def claim(self, wanted: Sequence[tuple[Place, str]], *, now: datetime) -> list[Outcome]:
        """Count these messages, each given with where, in this order; one outcome for each.

        All are read in one request, and written in one, unless others come in between. Raises nothing: what
        can't be asked or written is one of the outcomes.
        """
        outcomes: list[Outcome] = [CapsUnavailableError("others kept counting; try again")] * len(wanted)
        waiting: dict[Place, list[int]] = {}
        for index, (place, _) in enumerate(wanted):
            waiting.setdefault(place, []).append(index)
        for _ in range(ATTEMPTS):
            if not waiting:
                break
            try:
                standing = self._tallies.read(list(waiting))
            except TransientError as error:
                self._set(outcomes, waiting, error)
                break
            written: dict[Place, Tally] = {}
            for place, indices in waiting.items():
                before = standing.get(place, Tally())
                counted = before.counted
                for index in indices:
                    counted, outcomes[index] = self._claimed(place, counted, wanted[index][1], now)
                if not set(counted) <= set(before.counted):
                    written[place] = Tally(counted, before.version + 1)
            waiting = self._left(written, waiting, outcomes)
        self._set(outcomes, waiting, CapsUnavailableError("others kept counting; try again"))
        return outcomes

    def renew(self, slot: Slot, *, now: datetime) -> Slot | Full:
        """Count a mail as of now that was counted before. Raises a TransientError."""
        for _ in range(ATTEMPTS):
            before = self._standing(slot.place)
            caps = self._caps[slot.place.category]
            renewed = renew(before.counted, caps, message_id=slot.message_id, now=now)
            if renewed.free_at is not None:
                return Full(renewed.free_at)
            if self._write(slot.place, Tally(renewed.counted, before.version + 1)):
                return Slot(slot.place, slot.message_id, now, is_new=False)
        raise CapsUnavailableError("others kept counting; try again")

    def give_back(self, place: Place, message_id: str) -> None:
        """Count a mail no more that did not leave and never will. Raises a TransientError."""
        for _ in range(ATTEMPTS):
            before = self._standing(place)
            counted = give_back(before.counted, message_id=message_id)
            if len(counted) == len(before.counted):
                return
            if self._write(place, Tally(counted, before.version + 1)):
                return
        raise CapsUnavailableError("others kept counting; try again")

    def _claimed(
        self, place: Place, counted: tuple[Counted, ...], message_id: str, now: datetime
    ) -> tuple[tuple[Counted, ...], Outcome]:
        claimed = claim(counted, self._caps[place.category], message_id=message_id, now=now)
        own = next((each for each in claimed.counted if each.message_id == message_id), None)
        if claimed.free_at is not None or own is None:
            return claimed.counted, Full(claimed.free_at or now, was_counted=own is not None)
        # What no cap looks back to any more counts as if it had never been counted.
        return claimed.counted, Slot(place, message_id, own.at, is_new=own not in counted)

    def _left(
        self, written: Mapping[Place, Tally], waiting: Mapping[Place, list[int]], outcomes: list[Outcome]
    ) -> dict[Place, list[int]]:
        """Write these, and return whose turn comes again, since others were faster."""
        again: dict[Place, list[int]] = {}
        for place, done in (self._tallies.write(written) if written else {}).items():
            if done is False:
                again[place] = waiting[place]
            elif done is not True:
                self._set(outcomes, {place: waiting[place]}, done)
        return again

    @staticmethod
    def _set(outcomes: list[Outcome], some: Mapping[Place, list[int]], error: TransientError) -> None:
        for indices in some.values():
            for index in indices:
                outcomes[index] = CapsUnavailableError(str(error))

    def _standing(self, place: Place) -> Tally:
        return self._tallies.read([place]).get(place, Tally())

    def _write(self, place: Place, tally: Tally) -> bool:
        outcome = self._tallies.write({place: tally})[place]
        if isinstance(outcome, bool):
            return outcome
        raise CapsUnavailableError(str(outcome))
