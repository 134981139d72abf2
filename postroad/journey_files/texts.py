"""The kinds of text that a journey's file holds: how each is read, and how an error describes it."""

from __future__ import annotations

import re
from typing import Annotated

from postroad.configuration.texts import Text, matching, one_line

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400}
_DURATION = re.compile(r"([0-9]{1,4}) (second|minute|hour|day|week)s?")
LONGEST_SECONDS = 730 * 86_400


def seconds(duration: str) -> int:
    """Return how long `2 days` or `90 minutes` is. Raises ValueError."""
    found = _DURATION.fullmatch(duration)
    if not found:
        raise ValueError
    return int(found[1]) * _UNITS[found[2]]


def _duration(value: str) -> str:
    if not 0 < seconds(value) <= LONGEST_SECONDS:
        raise ValueError
    return value


Duration = Annotated[
    str, Text("a time such as '90 minutes', '2 days' or '1 week', two years at most", _duration)
]
StepName = Annotated[
    str,
    Text(
        "a step's name: a small letter, then up to 39 small letters, digits, _ and -",
        matching(r"[a-z][a-z0-9_-]{0,39}"),
    ),
]
JourneyName = Annotated[
    str,
    Text(
        "a journey's name: a small letter, then up to 39 small letters, digits and _",
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
