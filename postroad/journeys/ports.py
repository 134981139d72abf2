"""What the engine of journeys needs of the world."""

from datetime import datetime
from typing import Protocol

from postroad.journeys.advancing import View
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.plan import Plan


class Walks(Protocol):
    """The enrolments, one item for each contact, journey and key: the latest walk."""

    def latest(self, address_key: str, journey: str, key: str) -> Enrolment | None:
        """Read the contact's latest walk through a journey with this key, consistently."""

    def known(self, address_key: str) -> list[Enrolment]:
        """Read the latest walks of a contact, those that are over too, consistently."""

    def write(self, before: Enrolment | None, after: Enrolment) -> bool:
        """Write where a walk stands with what it decided to do, and let it be called when it is due.

        False where the walk isn't as it was before any more: then it stays as it is.
        """

    def settle(self, walk: Enrolment) -> None:
        """Forget the outbox of a walk, unless somebody wrote it since: what was in it has been done."""

    def call_again(self, walk: Enrolment, *, at: datetime) -> None:
        """Let a walk that stays as it is be called at another time: its journey is paused."""


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
