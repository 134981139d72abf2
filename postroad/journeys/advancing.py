"""The engine: where a walk goes from here, and what that does. Pure.

`advance` is called when an enrolment is due, or when an event comes that it waits for. It goes as far as it
can without waiting, and tells what is to be done on the way; whoever carries it out writes the new cursor and
these effects together, so that a crash repeats all of it or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from postroad.activity.event import NOTHING, Event
from postroad.contacts.checks import check_attributes
from postroad.contacts.errors import ContactError
from postroad.journeys.conditions import ConditionError, holds, plain, value_of
from postroad.journeys.effects import Attributes, Effect, Mail, Notice
from postroad.journeys.enrolment import Ended, Enrolment
from postroad.journeys.item import MOST_BYTES, outbox_text
from postroad.journeys.leaving_hours import key_of, rules_of
from postroad.journeys.next_send_time import is_allowed, moment_of, never, next_send_time
from postroad.journeys.plan import (
    ANY_TIME,
    END,
    AnyStep,
    Branch,
    Exit,
    Hours,
    Notify,
    Plan,
    Send,
    Set,
    Split,
    Wait,
    WaitFor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

_WEEK = 7
_MINUTES = 60
EVENT, BEGAN, CONTACT, FACTS, ENGAGEMENT = "event", "began", "contact", "facts", "steps"
TODAY = "today"
NAMES = frozenset({EVENT, BEGAN, CONTACT, FACTS, ENGAGEMENT, TODAY})
"""What expressions may name: the event that came, the one that began the walk (elsewhere than with an end and
`wait_for` it is the same), the contact, their facts, what became of the mails of earlier steps
(`steps.hello.opened`, `.clicked`: by a person), and the contact's date, `2026-11-22`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known of the contact while their walk goes on.

    `may_mail` is empty where they may be mailed, and else why not; no expression sees `email`. `events` are
    those kept of late, oldest first. `engagement` says by step whether a person opened and clicked its mail.
    """

    zone: ZoneInfo
    contact: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    facts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    events: Sequence[Event] = ()
    engagement: Mapping[str, Mapping[str, bool]] = field(default_factory=lambda: NOTHING)
    may_mail: str = ""
    email: str = ""
    today: str = ""
    is_holiday: Callable[[date], bool] = never
    hours: Hours = ANY_TIME


@dataclass(frozen=True, slots=True)
class Advance:
    """Where the walk then stands, and what is to be done. Nothing, where it wasn't its turn."""

    enrolment: Enrolment
    effects: tuple[Effect, ...] = ()


def advance(plan: Plan, enrolment: Enrolment, view: View, *, now: datetime) -> Advance:
    """Go on as far as it goes at `now`: to the next wait, or to the end.

    An enrolment that is over, or isn't due and has nothing to wait for any more, stays as it is.
    """
    if enrolment.is_over:
        return Advance(enrolment)
    walk = _Walk(plan, enrolment, view, now)
    try:
        walk.go()
    except ConditionError as error:
        walk.end(Ended.FAULT, f"{walk.at.step}: {error}")
    if walk.at == enrolment:
        return Advance(enrolment)
    if walk.effects and len(outbox_text(walk.effects).encode()) > MOST_BYTES:
        walk.effects.clear()
        walk.end(Ended.FAULT, f"what it decided takes more than {MOST_BYTES:,} bytes")
    after = replace(walk.at, writes=enrolment.writes + 1, outbox=tuple(walk.effects))
    return Advance(after, tuple(walk.effects))


def ended_by(plan: Plan, enrolment: Enrolment, view: View) -> Ended | None:
    """Say whether an event since the walk began ends it, and as what. Raises ConditionError."""
    for event in view.events:
        # The event that began it does not end it, though they may bear the same name.
        began = enrolment.trigger is not None and event.event_id == enrolment.trigger.event_id
        if began or event.at < enrolment.began:
            continue
        for end in plan.ends:
            if end.event == event.name and holds(end.when, names_of(view, event, began=enrolment.trigger)):
                return Ended.GOAL if end.goal else Ended.EXIT
    return None


def told(view: View, event: Event) -> View:
    """Return what is seen by a walk that is told of an event now.

    It may be among those kept no more, though it has just come: many came with it, or it came very late.
    """
    if any(each.event_id == event.event_id for each in view.events):
        return view
    return replace(view, events=sorted((*view.events, event), key=lambda each: each.at))


def names_of(view: View, event: Event | None, *, began: Event | None) -> dict[str, Any]:
    """Return what expressions see."""
    return {
        EVENT: _shown(event),
        BEGAN: _shown(began),
        CONTACT: view.contact,
        FACTS: view.facts,
        ENGAGEMENT: view.engagement,
        TODAY: view.today,
    }


def _shown(event: Event | None) -> dict[str, Any]:
    return {"name": event.name, "at": event.at.isoformat(), "properties": event.properties} if event else {}


class _Walk:
    """One call of `advance`: the cursor as it moves, and what has been done so far."""

    def __init__(self, plan: Plan, enrolment: Enrolment, view: View, now: datetime) -> None:
        self.at = enrolment
        self.effects: list[Effect] = []
        self._plan = plan
        self._view = view
        self._now = now
        self._rules = rules_of(plan.hours, view.hours, view.is_holiday)

    def go(self) -> None:
        """Take step after step until one waits."""
        ended = ended_by(self._plan, self.at, self._view)
        if ended is not None:
            return self.end(ended)
        # A step leads only further down: no walk takes more steps than there are.
        for _ in range(len(self._plan.steps) + 1):
            if self.at.is_over or not self._take():
                return None
        raise AssertionError("a journey's steps lead in a circle")

    def end(self, ended: Ended, reason: str = "") -> None:
        """Let the walk be over. What was done on the way stays done."""
        self.at = replace(
            self.at, ended=ended, reason=reason, ended_at=self._now, due=None, step=END, slot=False
        )

    def _take(self) -> bool:
        """Take the step that is next; False if it waits."""
        if self.at.step == END:
            self.end(Ended.FINISHED)
            return False
        step = self._plan.step(self.at.step)
        if step is None:
            self.end(Ended.FAULT, f"version {self._plan.version} has no step {self.at.step}")
            return False
        return self._waits(step) if isinstance(step, Send | Wait | WaitFor) else self._does(step)

    def _does(self, step: AnyStep) -> bool:
        match step:
            case Branch():
                names = self._names()
                chosen = (each.next for each in step.choices if holds(each.condition, names))
                self._to(next(chosen, step.next))
            case Split():
                self._to(_way(step, self.at))
            case Set():
                values = self._attributes(step)
                self.effects.append(Attributes(values))
                self._view = _with_attributes(self._view, values)
                self._to(step.next)
            case Notify():
                event_id = f"{self.at.enrolment_id}:{step.id}"
                self.effects.append(Notice(event_id, step.event, self._values(step.properties), self._now))
                self._to(step.next)
            case Exit():
                self.end(Ended.EXIT, step.reason)
        return True

    def _waits(self, step: Send | Wait | WaitFor) -> bool:
        match step:
            case Send():
                return self._send(step)
            case Wait():
                return self._until(_end_of(step, self.at.since, self._view.zone), step.next)
            case WaitFor():
                return self._wait_for(step)

    def _until(self, moment: datetime, following: str) -> bool:
        if moment > self._now:
            self.at = replace(self.at, due=moment)
            return False
        # It counts from when it should have gone on: an hour's outage doesn't move all that follows.
        self._to(following, since=moment)
        return True

    def _wait_for(self, step: WaitFor) -> bool:
        for event in self._view.events:
            if event.name == step.event and event.at >= self.at.since and not self._was_heard(event):
                if event.at > self.at.since + timedelta(seconds=step.at_most_seconds):
                    continue
                if holds(step.when, self._names(event)):
                    self._to(step.next)
                    self.at = replace(self.at, heard=event.event_id)
                    return True
        return self._until(self.at.since + timedelta(seconds=step.at_most_seconds), step.otherwise)

    def _was_heard(self, event: Event) -> bool:
        """Say whether an event began this walk, or led on to where it stands: both may be of this moment."""
        began = self.at.trigger is not None and event.event_id == self.at.trigger.event_id
        return began or event.event_id == self.at.heard

    def _send(self, step: Send) -> bool:
        if self._view.may_mail:
            self.end(Ended.LEFT, self._view.may_mail)
            return False
        deadline = None
        if step.too_late_seconds is not None:
            deadline = self.at.since + timedelta(seconds=step.too_late_seconds)
        if self.at.slot and self._is_time(deadline):
            return self._mail(step, deadline)
        if self.at.slot and self._may_stay(deadline):
            # Called for another reason, an event: in a spread the place would move with each of them.
            return False
        asked = max(self._now, self.at.since)
        key = key_of(self.at.enrolment_id, step.id)
        moment = next_send_time(asked, self._view.zone, self._rules, deadline=deadline, key=key)
        if moment is None:
            self._to(step.next)
            return True
        if moment > self._now:
            self.at = replace(self.at, due=moment, slot=True)
            return False
        return self._mail(step, deadline)

    def _is_time(self, deadline: datetime | None) -> bool:
        """Say whether the hour that was waited for has come, and is still one."""
        if self.at.due is None or self.at.due > self._now or (deadline is not None and self._now > deadline):
            return False
        return is_allowed(self._now, self._view.zone, self._rules)

    def _may_stay(self, deadline: datetime | None) -> bool:
        """Say whether the hour that is waited for still lies ahead, and is still one."""
        due = self.at.due
        if due is None or due <= self._now or (deadline is not None and due > deadline):
            return False
        return is_allowed(due, self._view.zone, self._rules)

    def _mail(self, step: Send, deadline: datetime | None) -> bool:
        message_id = self.at.message_id(step.id)
        if step.id not in self.at.sent:
            self.effects.append(
                Mail(
                    message_id,
                    step.id,
                    step.template,
                    self._values(step.data),
                    step.if_capped,
                    self._now,
                    email=self._view.email,
                    name=str(self._view.contact.get("name", "")),
                    locale=str(self._view.contact.get("locale", "")),
                    expires_at=deadline,
                )
            )
        self._to(step.next)
        self.at = replace(self.at, sent={**self.at.sent, step.id: message_id})
        return True

    def _to(self, step: str, *, since: datetime | None = None) -> None:
        self.at = replace(self.at, step=step, since=since or self._now, due=self._now, slot=False)

    def _names(self, event: Event | None = None) -> dict[str, Any]:
        return names_of(self._view, event or self.at.trigger, began=self.at.trigger)

    def _attributes(self, step: Set) -> dict[str, Any]:
        values = self._values(step.attributes)
        try:
            check_attributes(values)
        except ContactError as error:
            raise ConditionError(f"{error.field}: {error.what}; {error.fix}") from None
        return values

    def _values(self, expressions: Mapping[str, str]) -> dict[str, Any]:
        names = self._names()
        return {name: plain(value_of(expression, names)) for name, expression in expressions.items()}


def _end_of(step: Wait, since: datetime, zone: ZoneInfo) -> datetime:
    """Return when a wait is over: after its time, and then at the next such weekday and local time."""
    moment = since + timedelta(seconds=step.seconds)
    if step.minute is None and not step.weekdays:
        return moment
    today = moment.astimezone(zone).date()
    minute = step.minute or 0
    hour = time(minute // _MINUTES, minute % _MINUTES)
    if step.minute is None and today.weekday() in step.weekdays:
        return moment
    for days in range(_WEEK + 1):
        day = today + timedelta(days=days)
        if step.weekdays and day.weekday() not in step.weekdays:
            continue
        found = moment_of(day, hour, zone)
        if found >= moment:
            return found.astimezone(UTC)
    raise AssertionError("each week has each weekday")


def _way(step: Split, enrolment: Enrolment) -> str:
    """Return where a split leads this contact: each time the same, whatever else they walk through."""
    whole = sum(way.weight for way in step.ways)
    text = f"{enrolment.journey}\x1f{step.id}\x1f{enrolment.address_key}"
    place = int.from_bytes(sha256(text.encode()).digest()[:8]) % whole
    for way in step.ways:
        if place < way.weight:
            return way.next
        place -= way.weight
    return step.next


def _with_attributes(view: View, values: Mapping[str, Any]) -> View:
    """Return what is seen once these are set, as the steps that come at once see it."""
    attributes = {**view.contact.get("attributes", {}), **values}
    kept = {name: value for name, value in attributes.items() if value is not None}
    return replace(view, contact={**view.contact, "attributes": kept})
