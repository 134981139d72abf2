"""The kinds of text that a journey's file holds: how each is read, and how an error describes it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from postroad.configuration.texts import Text, matching, one_line

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400}
_DURATION = re.compile(r"([0-9]{1,4}) (second|minute|hour|day|week)s?")
LONGEST_SECONDS = 730 * 86_400
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def seconds(duration: str) -> int:
    """Return how long `2 days` or `90 minutes` is. Raises ValueError."""
    found = _DURATION.fullmatch(duration)
    if not found:
        raise ValueError
    return int(found[1]) * _UNITS[found[2]]


def minute(time: str) -> int:
    """Return the minute of the day of `09:30`; `24:00` is the end of the day. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{2}):([0-5][0-9])", time, re.ASCII)
    if not found or (minutes := int(found[1]) * 60 + int(found[2])) > 24 * 60:
        raise ValueError
    return minutes


def _duration(value: str) -> str:
    if not 0 < seconds(value) <= LONGEST_SECONDS:
        raise ValueError
    return value


def _time(value: str) -> str:
    if minute(value) == 24 * 60:
        raise ValueError
    return value


def _closing_time(value: str) -> str:
    minute(value)
    return value


Duration = Annotated[
    str, Text("a time such as '90 minutes', '2 days' or '1 week', two years at most", _duration)
]
Time = Annotated[str, Text("a time of day such as '09:30'", _time)]
ClosingTime = Annotated[str, Text("a time of day such as '17:00', '24:00' at the latest", _closing_time)]
StepName = Annotated[
    str,
    Text(
        "a step's name: a letter, then up to 39 letters, digits, _ and -", matching(r"[a-z][a-z0-9_-]{0,39}")
    ),
]
JourneyName = Annotated[
    str,
    Text(
        "a journey's name: a letter, then up to 39 small letters, digits and _",
        matching(r"[a-z][a-z0-9_]{0,39}"),
    ),
]
EventName = Annotated[
    str,
    Text(
        "an event's name such as 'order.placed': small letters, digits and _, with dots between",
        matching(r"(?=.{1,64}\Z)[a-z][a-z0-9_]*(\.[a-z0-9_]+)*"),
    ),
]
AttributeName = Annotated[
    str,
    Text(
        "an attribute's name: a letter, then letters, digits and _", matching(r"[A-Za-z][A-Za-z0-9_]{0,63}")
    ),
]
Line = Annotated[str, Text("a text on one line", one_line)]
Expression = Annotated[str, Text('an expression such as "contact.orders > 2"', one_line)]
