"""What stands in journeys/<name>.yaml, part by part. Runs where journeys are built, never in Lambda.

The models are the source of the JSON Schema by which editors complete these files. Steps within steps are
read one by one (`compiling`), so that an error names the step and not all that it might be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec.structs import replace
from pydantic import Field, ValidationInfo, field_validator

from postroad.configuration import hours
from postroad.configuration.section import Section, broken_rule
from postroad.journey_files.texts import (
    AttributeName,
    Duration,
    EventName,
    Expression,
    Line,
    StepName,
    seconds,
)

if TYPE_CHECKING:
    from postroad.journeys import plan

Steps = Annotated[list[Any], Field(json_schema_extra={"expected": "a list of steps"})]
Id = Annotated[
    StepName | None, Field(default=None, description="Its name. Without one it is named by its place.")
]


class Trigger(Section):
    """What begins the journey: an event, or a date of the contact's."""

    event: EventName | None = Field(default=None, description="The event that begins it.")
    when: Expression | None = Field(default=None, description="Only where this holds.")
    date: AttributeName | None = Field(
        default=None, description="An attribute that holds a date, `2026-11-22`, or each year's, `11-22`."
    )
    yearly: bool = Field(
        default=False,
        description="With a date: whether it comes back each year though it names one, as a birthday does.",
    )
    days: int = Field(
        default=0, ge=-366, le=366, description="How many days after the date; before it: negative."
    )
    at: hours.Time = Field(default="09:00", description="With a date: the contact's local time.")

    @field_validator("date")
    @classmethod
    def _one_of_both(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) == (info.data.get("event") is None):
            raise broken_rule("expected either an event or a date")
        if value is not None and info.data.get("when") is not None:
            raise broken_rule("expected no `when` beside a date; say whom it is for in `audience`")
        return value

    @field_validator("days", "yearly")
    @classmethod
    def _goes_with_a_date(cls, value: int, info: ValidationInfo) -> int:
        if value and info.data.get("event") is not None:
            raise broken_rule("expected only with a date; a step `wait` comes after an event")
        return value


class Entry(Section):
    """Who may begin. At one time there is one walk for each contact and key."""

    rule: Literal["once", "cooldown", "always"] = Field(
        default="once",
        description="`once`: never again. `cooldown`: again `after` so long. `always`: after the last.",
    )
    after: Duration | None = Field(
        default=None, description="With `cooldown`: how long after the last one began."
    )
    key: Expression | None = Field(
        default=None, description="What tells walks apart, such as `event.properties.cart_id`."
    )

    @field_validator("after")
    @classmethod
    def _goes_with_cooldown(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) == (info.data.get("rule") == "cooldown"):
            raise broken_rule("expected a time such as '90 days' with rule: cooldown, and none with others")
        return value


class Hours(hours.Hours):
    """When its mail may leave, on the contact's own clock. Without these keys: always, but for holidays."""

    spread: Duration | None = Field(
        default=None, description="Over how long those are spread whose mail would leave at one moment."
    )

    @property
    def planned(self) -> plan.Hours:
        """The hours as the plan has them."""
        return replace(super().planned, spread_seconds=seconds(self.spread) if self.spread else 0)


class End(Section):
    """An event that ends the walk at whatever step."""

    event: EventName = Field(description="The event.")
    when: Expression | None = Field(default=None, description="Only where this holds.")
    as_: Literal["goal", "exit"] = Field(
        default="goal", alias="as", description="Whether the journey reached what it is for."
    )


class Head(Section):
    """A journey: what begins it, whom it is for, when its mail may leave, and its steps."""

    version: int = Field(
        ge=1, le=9999, description="Grows by one whenever steps change. Walks end on theirs."
    )
    description: Line = Field(description="What it is for, in a sentence.")
    stream: Annotated[str, Field(json_schema_extra={"expected": "the name of a stream"})] = Field(
        description="The stream that its mail goes through."
    )
    topic: Annotated[str, Field(json_schema_extra={"expected": "the name of a topic"})] | None = Field(
        default=None,
        description="What its mail belongs to: config/topics.toml. Needed where people can leave.",
    )
    category: StepName = Field(
        default="marketing", description="What its mail counts as, for frequency caps."
    )
    trigger: Trigger
    entry: Entry = Entry()
    audience: Expression | None = Field(default=None, description="Whom it is for; without it everybody.")
    hours: Hours = Hours()
    ends: tuple[End, ...] = ()
    moves: dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")], dict[StepName, StepName]] = Field(
        default_factory=dict,
        description="For an earlier version: to which step of this one a walk moves that stands at its step.",
    )
    steps: Steps = Field(min_length=1, description="What happens, in this order.")


class SendStep(Section):
    """A mail."""

    id: StepName = Field(description="Its name. Messages and numbers bear it: keep it over versions.")
    send: Annotated[str, Field(json_schema_extra={"expected": "the name of a template"})] = Field(
        description="The template."
    )
    data: dict[AttributeName, Expression] = Field(
        default_factory=dict, description="What the template is given: an expression for each name."
    )
    if_capped: Literal["wait", "drop"] = Field(
        default="wait",
        description="What happens where the contact had enough mail: it waits, or is left out.",
    )
    too_late: Duration | None = Field(
        default=None, description="It is left out where it can't leave within this time."
    )


class Until(Section):
    """The next moment of the contact's own week."""

    weekdays: tuple[hours.Weekday, ...] = Field(
        default=(), description="On one of these days; any day without."
    )
    time: hours.Time | None = Field(default=None, description="At this local time.")

    @property
    def is_empty(self) -> bool:
        """Whether it names no moment."""
        return not (self.weekdays or self.time)


class WaitStep(Section):
    """A wait: for so long, and then until a local time or weekday."""

    id: Id
    wait: Duration | None = Field(default=None, description="How long.")
    until: Until | None = Field(default=None, description="And then until when.")


class WaitForStep(Section):
    """A wait for an event."""

    id: Id
    wait_for: EventName = Field(description="The event.")
    when: Expression | None = Field(default=None, description="Only where this holds; `event` is that event.")
    at_most: Duration = Field(description="How long.")
    then: Steps = Field(default=[], description="What happens once it came.")
    otherwise: Steps = Field(default=[], description="What happens where it didn't come in time.")


class If(Section):
    """One way of a branch."""

    if_: Expression = Field(alias="if", description="Gone where this holds, and none before did.")
    steps: Steps = Field(description="What happens then.")


class BranchStep(Section):
    """Ways by condition."""

    id: Id
    branch: tuple[If, ...] = Field(
        min_length=1, description="The ways, in the order in which they are tried."
    )
    otherwise: Steps = Field(default=[], description="What happens where none holds.")


class Share(Section):
    """One way of a split."""

    name: StepName = Field(description="Its name, for the numbers.")
    weight: int = Field(ge=1, le=1000, description="How many go it, beside the other ways' weights.")
    steps: Steps = Field(description="What happens then.")


class SplitStep(Section):
    """Ways by lot: the same contact always goes the same."""

    id: StepName = Field(description="Its name. The lot is drawn by it: keep it over versions.")
    split: tuple[Share, ...] = Field(min_length=2, description="The ways.")


class SetStep(Section):
    """Attributes of the contact."""

    id: Id
    set: dict[AttributeName, Expression] = Field(
        min_length=1, description="An expression for each attribute."
    )


class NotifyStep(Section):
    """An event on the bus."""

    id: Id
    notify: EventName = Field(description="The event's name.")
    properties: dict[AttributeName, Expression] = Field(
        default_factory=dict, description="An expression for each property."
    )


class ExitStep(Section):
    """The end."""

    id: Id
    exit: Line = Field(description="Why, for whoever asks where the contact is.")


AnyStep = SendStep | WaitStep | WaitForStep | BranchStep | SplitStep | SetStep | NotifyStep | ExitStep
Fork = WaitForStep | BranchStep | SplitStep
Plain = SendStep | WaitStep | SetStep | NotifyStep | ExitStep
STEPS: dict[str, type[AnyStep]] = {
    "send": SendStep,
    "wait_for": WaitForStep,
    "wait": WaitStep,
    "until": WaitStep,
    "branch": BranchStep,
    "split": SplitStep,
    "set": SetStep,
    "notify": NotifyStep,
    "exit": ExitStep,
}
"""What kind a step is, by the key that it has."""
