"""What the engine of journeys needs of the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from postroad.journeys.advancing import Effect, View
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.plan import Plan


class Walks(Protocol):
    """The enrolments, one item for each contact, journey and key: the latest walk."""

    def latest(self, address_key: str, journey: str, key: str) -> Enrolment | None:
        """Read the contact's latest walk through a journey with this key, consistently."""

    def under_way(self, address_key: str) -> list[Enrolment]:
        """Read all walks of a contact that aren't over, consistently."""

    def write(
        self, before: Enrolment | None, after: Enrolment, effects: Sequence[Effect], *, plan: Plan
    ) -> bool:
        """Write where a walk stands and what is to be done, together or not at all.

        False where the walk isn't as it was before any more: then nothing was written. A mail whose message
        id was taken before is not enqueued again.
        """


class People(Protocol):
    """What is known of contacts."""

    def view(self, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        """Return what a journey sees of a contact, read consistently; None of one that is erased."""
