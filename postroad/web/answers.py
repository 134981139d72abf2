"""What the pages say, and the words of their forms. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """A page: what it tells, and with which HTTP status."""

    ASK = "ask"
    LEFT_TOPIC = "left_topic"
    LEFT_ALL = "left_all"
    PREFERENCES = "preferences"
    SUBSCRIBE = "subscribe"
    ASKED = "asked"
    CONFIRM = "confirm"
    CONFIRMED = "confirmed"
    OVER = "over"
    UNKNOWN = "unknown"
    BUSY = "busy"
    TROUBLE = "trouble"


class Why(StrEnum):
    """Why somebody leaves, where they say it: no other answer is kept."""

    TOO_MANY = "too_many"
    NOT_INTERESTED = "not_interested"
    NEVER_ASKED = "never_asked"
    NOT_EXPECTED = "not_expected"
    OTHER = "other"


class Leaves(StrEnum):
    """How much somebody leaves: the topic of the mail, or all that can be left."""

    TOPIC = "topic"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, and what of it is shown. `refused`: the request's form was none, so nothing was done.

    `topic` is the one that the page speaks of. `marks` name those of its parts that are shown only at times,
    and `day` is the day that it tells: a page has no other place that a request could fill.
    """

    kind: Kind
    topic: str = ""
    marks: frozenset[str] = frozenset()
    day: date | None = None
    refused: bool = False
