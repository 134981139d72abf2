"""Activity in memory: for fast tests, and for walking journeys without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.activity.noting import Activity, Noted, meeting, noting
from postroad.contacts.model import Saved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.activity.declared import Declared
    from postroad.activity.noting import Happened
    from postroad.contacts.memory import MemoryContacts


class MemoryActivity:
    """An `ActivityStore` in dictionaries, beside contacts in memory."""

    def __init__(self, contacts: MemoryContacts, declared: Declared) -> None:
        """Keep what these contacts do, as it is declared."""
        self._contacts = contacts
        self._declared = declared
        self._activity: dict[str, Activity] = {}
        self._events: dict[tuple[str, str], bool] = {}

    def note(self, happened: Sequence[Happened], *, now: datetime) -> list[Noted]:
        """Keep events; see `ActivityStore.note`."""
        return [self._note(each, now) for each in happened]

    def settle(self, happened: Happened) -> None:
        """Let an event be known as told; see `ActivityStore.settle`."""
        place = (happened.address_key, happened.event.event_id)
        if place in self._events:
            self._events[place] = True

    def find(self, address_keys: Sequence[str]) -> dict[str, Activity]:
        """Return what is kept of these contacts; see `ActivityStore.find`."""
        return {key: self._activity[key] for key in address_keys if key in self._activity}

    def forget(self, address_key: str) -> None:
        """Forget all that a contact did."""
        self._activity.pop(address_key, None)
        self._events = {place: told for place, told in self._events.items() if place[0] != address_key}

    def _note(self, happened: Happened, now: datetime) -> Noted:
        key, place = happened.address_key, (happened.address_key, happened.event.event_id)
        met = meeting(self._contacts.find([key]).get(key), happened, now=now)
        if met.saved is Saved.ERASED:
            return Noted.ERASED
        if place in self._events:
            return Noted.COPY if self._events[place] else Noted.AGAIN
        if met.writes:
            self._contacts.write(met.contact, met.consents)
        self._events[place] = False
        before = self._activity.get(key, Activity())
        self._activity[key] = noting(before, happened.event, self._declared)
        return Noted.NEW
