"""What the engine of journeys needs of the world."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from postroad.journeys.advancing import View
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.pausing import Pause
from postroad.journeys.plan import Plan


class Walks(Protocol):
    """The enrolments, one item for each contact and place (`place_of`): the latest walk there.

    Every method raises WalksUnavailableError where they can't be reached.
    """

    def latest(self, address_key: str, place: str) -> Enrolment | None:
        """Read the contact's latest walk at this place, consistently."""

    def known(self, address_key: str) -> list[Enrolment]:
        """Read the latest walks of a contact, those that are over too, consistently and by place."""

    def under_way(self, address_key: str) -> list[Enrolment]:
        """Read those of `known` that are not over, or that decided something nobody is known to have done."""

    def write(self, before: Enrolment | None, after: Enrolment, *, now: datetime) -> bool:
        """Write where a walk stands with what it decided to do, and let it be called when it is due.

        False where the walk isn't as it was before any more: then it stays as it is.
        """

    def settle(self, walk: Enrolment) -> None:
        """Forget the outbox of a walk, unless somebody wrote it since: what was in it has been done."""

    def forget(self, walk: Enrolment) -> None:
        """Remove a walk of somebody who was erased meanwhile; one that is gone already does no harm."""

    def call_again(self, walk: Enrolment, *, at: datetime, now: datetime) -> None:
        """Let a walk that stays as it is be called at another time: its journey is paused, or was."""


class AllWalks(Protocol):
    """What operators ask of all walks; it reads the whole table."""

    def pages(self, journey: str) -> Iterator[list[Enrolment]]:
        """Yield the walks through a journey, those that are over too, page by page and in no order."""

    def overdue(self, journey: str, *, now: datetime) -> Iterator[list[Enrolment]]:
        """Yield those that should have gone on by now: who resumes a journey calls them again."""


class Pauses(Protocol):
    """Which journeys an operator holds. Every method raises WalksUnavailableError where it can't be known."""

    def paused(self) -> Mapping[str, Pause]:
        """Read them all, consistently, by journey."""

    def pause(self, journey: str, pause: Pause) -> bool:
        """Hold a journey; False if it is held already: then that stands."""

    def resume(self, journey: str) -> bool:
        """Let a journey go on; False if it isn't held."""


class People(Protocol):
    """What is known of contacts."""

    def view(self, walk: Enrolment | None, address_key: str, plan: Plan, *, now: datetime) -> View | None:
        """Return what a journey sees of a contact, read consistently; None of one that is erased or unknown.

        With `walk`, what became of its mails as well, where the plan asks for that.
        """


class Doing(Protocol):
    """What carries decisions out."""

    def do(self, walk: Enrolment, plan: Plan, *, now: datetime) -> None:
        """Do all that stands in the outbox of a walk. Doing it twice is as doing it once.

        Raises TransientError where something could not be done: then all of it is done again.
        """
