"""What the pages say, and the words of their form. Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """A page: what it tells, and with which HTTP status."""

    ASK = "ask"
    LEFT_TOPIC = "left_topic"
    LEFT_ALL = "left_all"
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
