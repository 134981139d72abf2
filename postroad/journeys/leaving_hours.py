"""When a journey's mail may leave: its hours and its stream's, on the recipient's own clock. Pure.

The engine asks when it comes to the step. Whoever then lets the mail wait, for a free slot say, asks by the
same rules when it may go on: `send` on a stage, and the simulator.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from postroad.contacts.model import Contact
from postroad.journeys.hours import ALWAYS
from postroad.journeys.next_send_time import Rules, never, next_send_time
from postroad.journeys.plan import ANY_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from postroad.contract.message import Journey
    from postroad.journeys.hours import WeekHours
    from postroad.journeys.plan import Hours, Plan
    from postroad.journeys.seeing import Surroundings

_NOBODY = Contact("", "")
"""Stands for a contact of whom nothing is known: they are where the stage is."""


class LeavingHours:
    """The hours of all journeys of a stage; see `SendingHours`. Asks nobody; threads may share it."""

    def __init__(self, plans: Iterable[Plan], around: Surroundings) -> None:
        """Go by these plans, all versions of them, and by the clocks, holidays and streams `around`."""
        self._hours = {(plan.name, plan.version): plan.hours for plan in plans}
        self._around = around

    def are_limited(self, stream: str, journey: Journey) -> bool:
        """Say whether there is anything to ask; see `SendingHours.are_limited`."""
        own, streams = self._of(stream, journey)
        return bool(own.spread_seconds) or not _holidays(own, streams) or _both(own, streams) != ALWAYS

    def next_hour(
        self, stream: str, journey: Journey, contact: Contact | None, *, asked: datetime, deadline: datetime
    ) -> datetime | None:
        """Return when the mail may leave; see `SendingHours.next_hour`."""
        own, streams = self._of(stream, journey)
        known = contact or _NOBODY
        return next_send_time(
            asked,
            self._around.zone_of(known),
            rules_of(own, streams, self._around.holidays_of(known)),
            deadline=deadline,
            key=key_of(journey.enrolment, journey.step),
        )

    def _of(self, stream: str, journey: Journey) -> tuple[Hours, Hours]:
        """Return a journey's own hours and its stream's; of a version that isn't deployed, the stream's."""
        own = self._hours.get((journey.name, journey.version), ANY_TIME)
        return own, self._around.hours.get(stream, ANY_TIME)


def rules_of(own: Hours, streams: Hours, is_holiday: Callable[[date], bool]) -> Rules:
    """Return when mail may leave: where both the journey and its stream allow it."""
    return Rules(_both(own, streams), never if _holidays(own, streams) else is_holiday, own.spread)


def key_of(enrolment_id: str, step: str) -> str:
    """Return by what the mail of a step has its place in a spread."""
    return f"{enrolment_id}:{step}"


def _holidays(own: Hours, streams: Hours) -> bool:
    return own.holidays and streams.holidays


@lru_cache(maxsize=256)
def _both(journey: Hours, stream: Hours) -> WeekHours:
    return journey.week.within(stream.week)
