"""What journeys need of what contacts did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from postroad.activity.noting import Activity, Happened, Noted


class ActivityStore(Protocol):
    """Events by contact, each once. Every method raises ActivityUnavailableError where it can't."""

    def note(self, happened: Sequence[Happened], *, now: datetime) -> list[Noted]:
        """Keep events, in this order, each with its facts and its contact's profile in one transaction.

        An event that was noted before changes nothing: its id and its contact tell. Raises ActivityBusyError
        where others keep coming in between: then some may be noted, and all may be given again.
        """

    def settle(self, happened: Happened) -> None:
        """Let an event that was noted be known as told to the journeys: from then on it is a COPY."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Activity]:
        """Read what is kept of these contacts, consistently, by address key. Keys may repeat."""
