"""Who begins a journey, and who moves to a newer version of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.journeys.advancing import names_of
from postroad.journeys.conditions import ConditionError, holds, value_of
from postroad.journeys.dates import REACHED
from postroad.journeys.enrolment import Enrolment
from postroad.journeys.item import KEPT
from postroad.journeys.plan import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.activity.event import Event
    from postroad.journeys.advancing import View
    from postroad.journeys.plan import Plan

_LONGEST_KEY = 128
_REMEMBERED = 20
"""So many walks back, a copy of the event that began one begins no other."""


class NotEnrolled(StrEnum):
    """Why an event begins no walk."""

    OTHER_EVENT = "other_event"
    CONDITION = "condition"
    AUDIENCE = "audience"
    NO_KEY = "no_key"
    UNDER_WAY = "under_way"
    ONCE = "once"
    COOLDOWN = "cooldown"
    COPY = "copy"
    TOO_LATE = "too_late"
    UNKNOWN_CONTACT = "unknown_contact"
    """Nobody knows them, or their data were erased."""
    UNKNOWN_JOURNEY = "unknown_journey"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that begins no walk; `detail` says which condition failed, and how."""

    why: NotEnrolled
    detail: str = ""


def key_of(plan: Plan, event: Event, view: View) -> str | None:
    """Return what tells this walk from the contact's others; None where the event lacks it.

    Raises ConditionError.
    """
    if not plan.entry.key:
        return ""
    value = value_of(plan.entry.key, names_of(view, event, began=event))
    text = "" if value is None else str(value)
    return text if 0 < len(text) <= _LONGEST_KEY else None


def enrol(
    plan: Plan,
    last: Enrolment | None,
    event: Event,
    view: View,
    *,
    address_key: str,
    now: datetime,
    asked: bool = False,
) -> Enrolment | Refusal:
    """Decide whether an event begins a walk. `last` is the contact's latest with the same key, if any.

    The same event again, and any after it while the walk is under way, begins nothing: so it may come twice.
    `asked`: an operator or a date begins it, and not its trigger; audience and entry rule are kept.
    """
    trigger = plan.trigger
    when = ""
    if not asked:
        if not isinstance(trigger, EventTrigger) or trigger.event != event.name:
            return Refusal(NotEnrolled.OTHER_EVENT)
        when = trigger.when
    try:
        names = names_of(view, event, began=event)
        if not holds(when, names):
            return Refusal(NotEnrolled.CONDITION)
        if not holds(plan.audience, names):
            return Refusal(NotEnrolled.AUDIENCE)
        key = key_of(plan, event, view)
    except ConditionError as error:
        return Refusal(NotEnrolled.FAULT, str(error))
    if key is None:
        return Refusal(NotEnrolled.NO_KEY)
    why = _barred(plan, last, event)
    if why is not None:
        return Refusal(why)
    return Enrolment(
        address_key=address_key,
        journey=plan.name,
        version=plan.version,
        key=key,
        entry=last.entry + 1 if last else 1,
        began=event.at,
        step=plan.first,
        # A date that is told of late began its walk all the same: deadlines count from there.
        since=min(now, event.at) if event.name == REACHED else now,
        due=now,
        trigger=event,
        kept=plan.entry.rule == "once" or timedelta(seconds=plan.entry.cooldown_seconds) > KEPT,
        earlier=_begun_before(last)[:_REMEMBERED],
    )


def _barred(plan: Plan, last: Enrolment | None, event: Event) -> NotEnrolled | None:
    if last is None:
        return None
    if event.event_id in _begun_before(last):
        return NotEnrolled.COPY
    if not last.is_over:
        return NotEnrolled.UNDER_WAY
    match plan.entry.rule:
        case "once":
            return NotEnrolled.ONCE
        case "cooldown" if event.at < last.began + timedelta(seconds=plan.entry.cooldown_seconds):
            return NotEnrolled.COOLDOWN
        case _:
            return None


def _begun_before(last: Enrolment | None) -> tuple[str, ...]:
    """Return the ids of the events that began the latest walks, the newest first."""
    if last is None:
        return ()
    return (last.trigger.event_id, *last.earlier) if last.trigger else last.earlier


def moved(enrolment: Enrolment, plan: Plan) -> Enrolment | None:
    """Return a walk as it goes on in a newer version; None where it ends on its own.

    It moves only from a step for which the newer version says where to.
    """
    if enrolment.is_over or plan.version <= enrolment.version:
        return None
    step = plan.moves.get(enrolment.version, {}).get(enrolment.step)
    if step is None:
        return None
    return replace(enrolment, version=plan.version, step=step, slot=False, writes=enrolment.writes + 1)
