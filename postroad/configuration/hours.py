"""When a stream's mail may leave, and where those are of whom nothing is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, get_args
from zoneinfo import available_timezones

from pydantic import Field, ValidationInfo, field_validator, model_validator

from postroad.configuration.section import Section, broken_rule
from postroad.configuration.texts import Text
from postroad.journeys.countries import first_zone
from postroad.journeys.hours import ALWAYS, Span, WeekHours, on_days
from postroad.journeys.places import Home
from postroad.journeys.plan import Hours as PlannedHours

if TYPE_CHECKING:
    from typing import Self

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_DAY = 24 * 60


def minute(time: str) -> int:
    """Return the minute of the day of `09:30`; `24:00` is the end of the day. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{2}):([0-5][0-9])", time, re.ASCII)
    if not found or (minutes := int(found[1]) * 60 + int(found[2])) > _DAY:
        raise ValueError
    return minutes


def _time(value: str) -> str:
    if minute(value) == _DAY:
        raise ValueError
    return value


def _closing_time(value: str) -> str:
    minute(value)
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError
    return value


def _country(value: str) -> str:
    if not first_zone(value):
        raise ValueError
    return value


Time = Annotated[str, Text("a time of day such as '09:30'", _time)]
ClosingTime = Annotated[str, Text("a time of day such as '17:00', '24:00' at the latest", _closing_time)]
TimeZone = Annotated[str, Text("an IANA time zone such as 'Europe/Madrid'", _time_zone)]
Country = Annotated[str, Text("a country's code of two capital letters, such as 'ES'", _country)]


class Quiet(Section):
    """Hours in which nothing leaves, over midnight too."""

    from_: Time = Field(alias="from", description="From when on nothing leaves.")
    to: Time = Field(description="When mail may leave again; the next morning, where that is before `from`.")


class Hours(Section):
    """When mail may leave, on the contact's own clock."""

    weekdays: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1, description="On which days.")
    from_: Time = Field(default="00:00", alias="from", description="From when on.")
    to: ClosingTime = Field(default="24:00", description="Until when, without that minute itself.")
    quiet: Quiet | None = Field(default=None, description="Hours in which nothing leaves nevertheless.")
    holidays: bool = Field(
        default=False, description="Whether mail leaves on public holidays of the contact's country as well."
    )

    @field_validator("to")
    @classmethod
    def _after_from(cls, value: str, info: ValidationInfo) -> str:
        if minute(value) <= minute(info.data.get("from_", "00:00")):
            raise broken_rule("expected a time after `from`, on the same day")
        return value

    @model_validator(mode="after")
    def _there_is_time_left(self) -> Self:
        if not self.week:
            raise broken_rule("its quiet hours leave no time of the week: expected shorter ones")
        return self

    @property
    def week(self) -> WeekHours:
        """The hours, for `next_send_time`."""
        span = Span(minute(self.from_), minute(self.to))
        week = on_days((WEEKDAYS.index(day) for day in self.weekdays), span)
        return week.without(minute(self.quiet.from_), minute(self.quiet.to)) if self.quiet else week

    @property
    def planned(self) -> PlannedHours:
        """The hours as journeys' plans have them."""
        week = self.week
        return PlannedHours(days=() if week == ALWAYS else days_of(week), holidays=self.holidays)


class Journeys(Section):
    """Where journeys take those contacts to be whose place isn't known."""

    time_zone: TimeZone = Field(
        default="UTC",
        description=(
            "The clock of contacts without a time zone, where neither country, locale nor language tells one."
        ),
    )
    country: Country | None = Field(
        default=None, description="Whose public holidays hold for contacts of whom no country is known."
    )

    @property
    def home(self) -> Home:
        """The place, as journeys have it."""
        return Home(self.time_zone, self.country or "")


def days_of(week: WeekHours) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return hours as plans keep them: minutes by weekday."""
    return tuple(tuple((span.opens, span.closes) for span in spans) for spans in week.days)
