"""A journey as it runs: what the build made of journeys/<name>.yaml. Pure.

The steps stand in one list, each with the id of the one that comes after it; an empty id is the end. A step
only ever leads to one further down, so that no walk is longer than the list.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec
from msgspec import Struct, field

from postroad.journeys.hours import ALWAYS, Span, WeekHours

END = ""


class Step(Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What all steps have: an id within their journey, and the id of the next."""

    id: str
    next: str = END


class Send(Step, frozen=True, kw_only=True, tag="send", omit_defaults=True):
    """Send a template. `data` are expressions by name; without a deadline it is never too late."""

    template: str
    data: dict[str, str] = field(default_factory=dict)
    if_capped: Literal["wait", "drop"] = "wait"
    too_late_seconds: int | None = None


class Wait(Step, frozen=True, kw_only=True, tag="wait", omit_defaults=True):
    """Wait for so long; then, where they are given, until a weekday (0 is Monday) and a minute of the day."""

    seconds: int = 0
    weekdays: tuple[int, ...] = ()
    minute: int | None = None


class WaitFor(Step, frozen=True, kw_only=True, tag="wait_for", omit_defaults=True):
    """Wait for an event, then go to `next`; without one in time go to `otherwise`."""

    event: str
    at_most_seconds: int
    when: str = ""
    otherwise: str = END


class Choice(Struct, frozen=True, kw_only=True):
    """One way of a branch: where its condition leads."""

    condition: str
    next: str


class Branch(Step, frozen=True, kw_only=True, tag="branch", omit_defaults=True):
    """Go the first way whose condition holds, else to `next`."""

    choices: tuple[Choice, ...]


class Way(Struct, frozen=True, kw_only=True):
    """One way of a split: how many of all go it, by weight."""

    name: str
    weight: int
    next: str


class Split(Step, frozen=True, kw_only=True, tag="split", omit_defaults=True):
    """Go one of the ways, by weight; the same contact always goes the same."""

    ways: tuple[Way, ...]


class Set(Step, frozen=True, kw_only=True, tag="set", omit_defaults=True):
    """Set attributes of the contact. The values are expressions."""

    attributes: dict[str, str]


class Notify(Step, frozen=True, kw_only=True, tag="notify", omit_defaults=True):
    """Tell the bus. The properties are expressions."""

    event: str
    properties: dict[str, str] = field(default_factory=dict)


class Exit(Step, frozen=True, kw_only=True, tag="exit", omit_defaults=True):
    """End here, for this reason."""

    reason: str


AnyStep = Send | Wait | WaitFor | Branch | Split | Set | Notify | Exit


class EventTrigger(Struct, frozen=True, kw_only=True, tag="event", omit_defaults=True):
    """Begins with an event."""

    event: str
    when: str = ""


class DateTrigger(Struct, frozen=True, kw_only=True, tag="date", omit_defaults=True):
    """Begins so many days after a date (before it: negative), at a minute of the contact's day.

    The date is an attribute of the contact, `2026-11-22` or, each year, `11-22`. `yearly`: any date comes
    back each year, such as that of a birth.
    """

    attribute: str
    days: int = 0
    minute: int = 9 * 60
    yearly: bool = False


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may begin again: nobody (`once`), whoever began so long ago (`cooldown`), or anybody (`always`).

    There is one enrolment at a time for each contact and `key`, an expression over the event.
    """

    rule: Literal["once", "cooldown", "always"] = "once"
    cooldown_seconds: int = 0
    key: str = ""


class End(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event that ends the journey wherever it stands: a goal that was reached, or an exit."""

    event: str
    when: str = ""
    goal: bool = True


class Hours(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When its mail may leave: spans of minutes by weekday, Monday first; without any, always."""

    days: tuple[tuple[tuple[int, int], ...], ...] = ()
    holidays: bool = False
    """Whether mail is sent on public holidays of the contact's country as well."""
    spread_seconds: int = 0

    @property
    def week(self) -> WeekHours:
        """The hours, for `next_send_time`."""
        if not self.days:
            return ALWAYS
        return WeekHours(tuple(tuple(Span(*span) for span in spans) for spans in self.days))

    @property
    def spread(self) -> timedelta:
        """Over how long those who are due together are spread."""
        return timedelta(seconds=self.spread_seconds)


ANY_TIME = Hours(holidays=True)
"""What a stream without hours of its own allows."""


class Plan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a journey. `moves` leads, by earlier version, from its steps to those of this one."""

    name: str
    version: int
    stream: str
    trigger: EventTrigger | DateTrigger
    steps: tuple[AnyStep, ...]
    topic: str = ""
    category: str = "marketing"
    entry: Entry = Entry()
    audience: str = ""
    hours: Hours = Hours()
    ends: tuple[End, ...] = ()
    moves: dict[int, dict[str, str]] = field(default_factory=dict)
    retired: bool = False
    """Whether the journey has no file any more: walks end on it, and none begins."""

    @property
    def first(self) -> str:
        """The id of the step that an enrolment begins with."""
        return self.steps[0].id

    def step(self, step_id: str) -> AnyStep | None:
        """Return the step with this id, or None where this version has none."""
        return next((step for step in self.steps if step.id == step_id), None)


def write_plans(plans: list[Plan]) -> bytes:
    """Return plans as JSON, as the bundle carries them."""
    return msgspec.json.format(msgspec.json.encode(plans))


def read_plans(content: bytes) -> list[Plan]:
    """Read what `write_plans` wrote."""
    return msgspec.json.decode(content, type=list[Plan])
